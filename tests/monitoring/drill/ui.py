"""Prometheus's own pages, and pictures of them by a browser without a screen. Debian's package looks for the pages under
/usr/share; unpacked elsewhere, it is shown them there by a mount that nobody else sees."""
import os
import pathlib
import shutil
import subprocess
import urllib.parse

PAGES = pathlib.Path("/usr/share/prometheus/web")
LIBRARIES = ["libjs-bootstrap4", "libjs-d3", "libjs-eonasdan-bootstrap-datetimepicker", "libjs-jquery", "libjs-jquery-hotkeys",
             "libjs-moment", "libjs-moment-timezone", "libjs-mustache", "libjs-popper.js", "libjs-rickshaw", "fonts-glyphicons-halflings"]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _unpacked():
    """The folder that scripts/setup made of the package; None where it did not."""
    folder = pathlib.Path(os.environ.get("LOOKBOOK_PROMETHEUS", "")) / "../share"
    return folder.resolve() if (folder / "prometheus/web").is_dir() else None


def _libraries(folder):
    """The pages' scripts, unpacked into `folder` where they are not there yet."""
    if not (folder / "share/javascript/rickshaw").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        script = f"apt-get -q download {' '.join(LIBRARIES)} && for p in *.deb; do dpkg -x \"$p\" root; done && rm *.deb"
        subprocess.run(script, shell=True, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (folder / "root/usr/share").rename(folder / "share")
        shutil.rmtree(folder / "root")
    return folder / "share"


def with_pages(command):
    """`command`, so that the Prometheus it starts finds its pages where that can be had."""
    unpacked = _unpacked()
    if PAGES.is_dir() or unpacked is None or BROWSER is None:
        return command
    libraries = _libraries(unpacked.parent.parent.parent / "prometheus-pages")
    mount = f"mount -t overlay overlay -o lowerdir={unpacked}:{libraries}:/usr/share /usr/share"
    wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*wrapper, mount], stderr=subprocess.DEVNULL).returncode != 0:
        return command
    return [*wrapper, mount + ' && exec "$@"', "sh", *command]


def photograph(address, path, picture, width=1400, height=1000):
    """A picture of a page, once its scripts are done."""
    done = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                           f"--user-data-dir={picture}.profile", f"--window-size={width},{height}", "--virtual-time-budget=15000",
                           f"--screenshot={picture}", address + path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120)
    shutil.rmtree(f"{picture}.profile", ignore_errors=True)
    if done.returncode != 0 or not pathlib.Path(picture).exists():
        raise RuntimeError(f"no picture of {path}:\n{done.stdout[-2000:]}")


def graph(query, seconds, stacked):
    """The path of the graph page that shows `query` over the last `seconds`."""
    arguments = {"g0.expr": query, "g0.tab": 0, "g0.stacked": int(stacked), "g0.range_input": f"{round(seconds)}s",
                 "g0.step_input": max(1, round(seconds / 400))}
    return "/graph?" + urllib.parse.urlencode(arguments)
