// Places for admitted queries that no batch has taken yet, shared fairly between connections.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// A peer, the far end of one connection, may take a place while it holds fewer than kPlacesPerFree
// times as many as are free: the dynamic threshold of shared switch buffers (Choudhury and Hahne,
// 1998). So a peer that floods leaves room, one place in nine when it is alone, for those who hold
// few, and every further peer makes its share smaller; nobody is turned out. Peers without a place
// are not remembered. Thread-safe.
class QueuePlaces {
 public:
  static constexpr int kPlacesPerFree = 8;

  // `taken` follows the number of places in use.
  QueuePlaces(int places, GaugeHandle taken) : places_(places), gauge_(taken) {}

  // Takes a place for `peer`; an empty one is nobody's, and only the places that are left count.
  // ResourceExhausted queue_full: all are taken, or the peer has its share.
  absl::Status Take(absl::string_view peer);
  // REQUIRES: `peer` holds a place.
  void Give(absl::string_view peer);

  // Peers that hold a place; never more than there are places.
  int peers() const;

 private:
  const int places_;
  GaugeHandle gauge_;
  mutable Mutex mutex_;
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int, std::less<>> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
