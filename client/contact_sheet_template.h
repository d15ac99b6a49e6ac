// client/contact_sheet.html, compiled in.
#pragma once

namespace lookbook {

// A Mustache template; client/render_html.cc fills it.
extern const char kContactSheetTemplate[];

}  // namespace lookbook
