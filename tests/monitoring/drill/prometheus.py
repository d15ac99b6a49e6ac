"""A real Prometheus that scrapes one server and evaluates given rules; and what its alerts did."""
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import monitoring_files as files
import ui

CONFIG = """
global: {{scrape_interval: {interval}ms, scrape_timeout: {interval}ms, evaluation_interval: {interval}ms}}
rule_files: [{rules}]
scrape_configs:
  - job_name: lookbook
    static_configs: [{{targets: ["{target}"]}}]
"""


class Prometheus:
    """Ready when it is entered. `folder` gets its files."""

    def __init__(self, folder, rules, target, interval, port):
        self.folder, self.address = pathlib.Path(folder).resolve(), f"http://127.0.0.1:{port}"
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rules.yml").write_text(rules)
        files.promtool("check", "rules", self.folder / "rules.yml")
        config = self.folder / "prometheus.yml"
        config.write_text(CONFIG.format(interval=round(1000 * interval), rules=self.folder / "rules.yml", target=target))
        self.command = ui.with_pages([files.program("prometheus"), f"--config.file={config}",
                                      f"--storage.tsdb.path={self.folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
                                      "--log.level=warn"])

    def __enter__(self):
        self.log = open(self.folder / "prometheus.log", "w")
        self.process = subprocess.Popen([str(c) for c in self.command], stdout=self.log, stderr=self.log, env=os.environ)
        for _ in range(300):
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.address + "/-/ready", timeout=2):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"Prometheus does not become ready, see {self.folder / 'prometheus.log'}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)
        self.log.close()

    def get(self, path, **arguments):
        query = urllib.parse.urlencode(arguments)
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}?{query}", timeout=10) as reply:
            return json.load(reply)["data"]

    def firing(self):
        return {a["labels"]["alertname"] for a in self.get("alerts")["alerts"] if a["state"] == "firing"}

    def wait_for_target(self):
        """Until the server has been scraped and nothing fires any more because it had not been."""
        for _ in range(300):
            up = self.get("query", query="up == 1")["result"]
            if up and not self.get("alerts")["alerts"]:
                return
            time.sleep(0.1)
        raise RuntimeError(f"Prometheus does not scrape the server, see {self.folder / 'prometheus.log'}")


class AlertWatch(threading.Thread):
    """Looks at the alerts twice a second and keeps when each fired and ended, in seconds since it was made."""

    def __init__(self, prometheus):
        super().__init__(daemon=True)
        self.prometheus, self.began = prometheus, time.monotonic()
        self.end, self.lock = threading.Event(), threading.Lock()
        self.spans, self.firing, self.error = {}, set(), None

    def now(self):
        return time.monotonic() - self.began

    def run(self):
        try:
            while not self.end.wait(0.5):
                self.look()
        except Exception as error:  # noqa: BLE001: whoever waits for an alert is told.
            self.error = error

    def look(self):
        firing, now = self.prometheus.firing(), self.now()
        with self.lock:
            for alert in firing - self.firing:
                self.spans.setdefault(alert, []).append((now, None))
            for alert in self.firing - firing:
                self.spans[alert][-1] = (self.spans[alert][-1][0], now)
            self.firing = firing

    def wait(self, condition, limit):
        """Until condition(alerts that fire) holds, at most `limit` seconds; whether it does."""
        until = self.now() + limit
        while self.now() < until:
            if self.error is not None:
                raise self.error
            with self.lock:
                if condition(self.firing):
                    return True
            time.sleep(0.2)
        return False

    def stop(self):
        self.end.set()
        self.join()
        if self.error is not None:
            raise self.error
        return self.spans
