"""The manifests of deploy/kubernetes: they render, are valid, and agree with each other, with the server's own defaults
and with deploy/envoy.

kubernetes_test.py LOOKBOOK_SERVER
"""
import fnmatch
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest

import kubernetes_validate
import yaml

SERVER = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
KUBECTL = pathlib.Path(sys.executable).parent / "kubectl"
# The oldest that docs/kubernetes.md speaks of, and the newest whose schemas are there.
VERSIONS = ("1.29", kubernetes_validate.latest_version())
OVERLAYS = ("overlays/cpu", "overlays/gpu", "overlays/envoy")
TRAINERS = ("trainer", "trainer_gpu")
COMPONENTS = ("keda", "tls")


def kustomize(folder):
    done = subprocess.run([KUBECTL, "kustomize", folder], text=True, capture_output=True)
    if done.returncode != 0:
        raise AssertionError(f"{folder}: {done.stderr}")
    return list(yaml.safe_load_all(done.stdout))


def with_components(overlay, *components):
    """The overlay with components, as a user's own kustomization takes them."""
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder).resolve()
        relative = lambda path: os.path.relpath(KUBERNETES / path, here)
        (here / "kustomization.yaml").write_text(yaml.safe_dump(
            {"namespace": "lookbook", "resources": [relative(overlay)], "components": [relative(f"components/{name}") for name in components]}))
        return kustomize(here)


# Each is rendered once.
RENDERED = {folder: kustomize(KUBERNETES / folder) for folder in OVERLAYS + TRAINERS}
RENDERED |= {f"overlays/cpu with {name}": with_components("overlays/cpu", name) for name in COMPONENTS}
RENDERED |= {"overlays/gpu with all": with_components("overlays/gpu", *COMPONENTS)}
SERVERS = [name for name in RENDERED if name.startswith("overlays/")]


def find(name, kind, which=None):
    """The one object of this kind, and of this name (which may end in a hash) if given."""
    found = [o for o in RENDERED[name] if o["kind"] == kind and (which is None or fnmatch.fnmatch(o["metadata"]["name"], which))]
    if len(found) != 1:
        raise AssertionError(f"{name} has {len(found)} objects {kind} {which or ''}")
    return found[0]


def pods(name):
    """(name of the object, its pods' template)."""
    return [(o["metadata"]["name"], o["spec"]["template"]) for o in RENDERED[name] if o["kind"] in ("Deployment", "Job")]


def server_pod(name):
    return find(name, "Deployment", "lookbook-server")["spec"]["template"]["spec"]


def server_container(name):
    (container,) = server_pod(name)["containers"]
    return container


def print_config(text, environment=None, more=()):
    """lookbook-server --print-config with this file."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        return subprocess.run([SERVER, "--config", file.name, "--print-config", *more], text=True, capture_output=True,
                              env={"PATH": os.environ["PATH"], **(environment or {})})


def server_config(name):
    """What the server of this overlay has in force, {key: {key: value}}, by its own account."""
    files = find(name, "ConfigMap", "lookbook-server-*")["data"]
    environment = {v["name"]: v["value"] for v in server_container(name).get("env", ())}
    done = print_config(files["server.toml"], environment)
    if done.returncode != 0:
        raise AssertionError(f"{name}: {done.stderr}")
    return tomllib.loads(done.stdout)


CONFIGS = {name: server_config(name) for name in SERVERS}


def seconds(text):
    """Of "5s", "1m30s", "0"."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    return sum(float(value) * units[unit] for value, unit in re.findall(r"([\d.]+)(ms|s|m|h)", text))


def size(text):
    units = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    value, unit = re.fullmatch(r"(\d+)(\w*?)B?", text).groups()
    return int(value) * units[unit]


def port(address):
    return int(address.rsplit(":", 1)[1])


def selects(selector, template):
    return selector["matchLabels"].items() <= template["metadata"]["labels"].items()


def for_each(names):
    """A test of every rendered folder among `names`."""
    def wrap(test):
        @functools.wraps(test)
        def run(self):
            for name in names:
                with self.subTest(name):
                    test(self, name)
        return run
    return wrap


def prometheus_in_kubernetes():
    """relabel_configs of what deploy/prometheus/prometheus.yml has as a comment, for pods."""
    text = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
    (block,) = re.findall(r"^    # kubernetes_sd_configs:\n(?:    # .*\n)+", text, re.MULTILINE)
    return yaml.safe_load(block.replace("    # ", ""))["relabel_configs"]


class ManifestsTest(unittest.TestCase):
    @for_each(RENDERED)
    def test_are_valid(self, name):
        own = {"ScaledObject"}  # Of KEDA, no kind of Kubernetes itself.
        for version in VERSIONS:
            for thing in RENDERED[name]:
                if thing["kind"] not in own:
                    kubernetes_validate.validate(thing, version, strict=True)

    def test_a_misspelt_key_is_not_valid(self):
        deployment = yaml.safe_load(yaml.safe_dump(find("overlays/cpu", "Deployment")))
        deployment["spec"]["template"]["spec"]["terminationGracePeriod"] = 30
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)

    @for_each(RENDERED)
    def test_all_is_in_one_namespace_and_part_of_lookbook(self, name):
        for thing in RENDERED[name]:
            metadata = thing["metadata"]
            self.assertEqual((metadata["namespace"], metadata["labels"]["app.kubernetes.io/part-of"]), ("lookbook", "lookbook"), metadata["name"])

    @for_each(RENDERED)
    def test_what_is_named_is_there(self, name):
        claims = {o["metadata"]["name"] for r in RENDERED.values() for o in r if o["kind"] == "PersistentVolumeClaim"}
        configs = {o["metadata"]["name"] for o in RENDERED[name] if o["kind"] == "ConfigMap"}
        accounts = {o["metadata"]["name"] for o in RENDERED[name] if o["kind"] == "ServiceAccount"}
        for which, template in pods(name):
            spec = template["spec"]
            volumes = {v["name"]: v for v in spec["volumes"]}
            for volume in volumes.values():
                self.assertIn(volume.get("configMap", {}).get("name"), {None, *configs}, which)
                self.assertIn(volume.get("persistentVolumeClaim", {}).get("claimName"), {None, *claims}, which)
            self.assertIn(spec.get("serviceAccountName"), {None, *accounts}, which)
            for container in spec["containers"]:
                self.assertEqual({m["name"] for m in container["volumeMounts"]}, set(volumes), which)

    @for_each(RENDERED)
    def test_pods_are_restricted(self, name):
        """By the Pod Security Standard "restricted", and with a root file system that is read-only."""
        for which, template in pods(name):
            spec = template["spec"]
            self.assertFalse(spec["automountServiceAccountToken"], which)
            self.assertFalse(spec["enableServiceLinks"], which)
            self.assertTrue(spec["securityContext"]["runAsNonRoot"], which)
            self.assertGreater(spec["securityContext"]["runAsUser"], 0, which)
            self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"}, which)
            self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & set(spec), which)
            allowed = {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
            for volume in spec["volumes"]:
                self.assertLessEqual(set(volume) - {"name"}, allowed, which)
            for container in spec["containers"]:
                self.assertEqual(container["securityContext"],
                                 {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                  "capabilities": {"drop": ["ALL"]}}, which)
        for account in (o for o in RENDERED[name] if o["kind"] == "ServiceAccount"):
            self.assertFalse(account["automountServiceAccountToken"])

    def test_the_user_is_the_images(self):
        for program in ("server", "trainer"):
            (user,) = re.findall(r"^USER (\d+):(\d+)$", (ROOT / f"docker/{program}.Dockerfile").read_text(), re.MULTILINE)
            name = "overlays/cpu" if program == "server" else "trainer"
            context = dict(pods(name))[f"lookbook-{program}"]["spec"]["securityContext"]
            self.assertEqual((str(context["runAsUser"]), str(context["runAsGroup"])), user)

    @for_each(RENDERED)
    def test_memory_is_reserved_and_cores_are_not_throttled(self, name):
        for which, template in pods(name):
            for container in template["spec"]["containers"]:
                resources = container["resources"]
                self.assertEqual(resources["requests"]["memory"], resources["limits"]["memory"], which)
                self.assertIn("cpu", resources["requests"], which)
                self.assertNotIn("cpu", resources["limits"], which)

    @for_each(RENDERED)
    def test_images_are_of_this_version(self, name):
        (version,) = re.findall(r"^project\(lookbook VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
        variant = "-cuda" if "gpu" in name else ""
        for which, template in pods(name):
            (container,) = template["spec"]["containers"]
            if which != "lookbook-envoy":
                self.assertEqual(container["image"], f"{which}:{version}{variant}")
            self.assertEqual("nvidia.com/gpu" in container["resources"]["limits"], bool(variant), which)


class ServerTest(unittest.TestCase):
    def test_a_key_that_the_server_does_not_know_would_be_noticed(self):
        text = find("overlays/cpu", "ConfigMap", "lookbook-server-*")["data"]["server.toml"]
        done = print_config(text + "\n[limit]\nconnections = 1\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("limit", done.stderr)

    @for_each(SERVERS)
    def test_ports_are_those_it_listens_on(self, name):
        config = CONFIGS[name]
        data, metrics = port(config["listen"]["data"]), port(config["metrics"]["listen"])
        ports = {p["name"]: p["containerPort"] for p in server_container(name)["ports"]}
        self.assertEqual(ports, {"grpc": data, "metrics": metrics, "health": port(config["listen"]["health"])})
        for address in (config["listen"]["data"], config["listen"]["health"], config["metrics"]["listen"]):
            self.assertTrue(address.startswith("0.0.0.0:"), "others than this pod must reach it")
        self.assertTrue(config["listen"]["admin"].startswith("127.0.0.1:"))
        service = find(name, "Service", "lookbook-server")["spec"]
        self.assertEqual(service["clusterIP"], "None")
        self.assertEqual({p["name"]: (p["port"], p["targetPort"]) for p in service["ports"]},
                         {"grpc": (data, "grpc"), "metrics": (metrics, "metrics")})
        template = find(name, "Deployment", "lookbook-server")["spec"]["template"]
        self.assertEqual(template["metadata"]["annotations"]["prometheus.io/port"], str(metrics))
        policy = find(name, "NetworkPolicy", "lookbook-server")["spec"]
        # The health port for nobody: a kubelet's probes come from the node, which policies let through.
        self.assertEqual([[p["port"] for p in rule["ports"]] for rule in policy["ingress"]], [[data], [metrics]])
        self.assertTrue(all(rule["from"] for rule in policy["ingress"]), "an empty list lets everybody in")

    @for_each(SERVERS)
    def test_probes_ask_a_port_that_clients_cannot_fill_and_that_wants_no_certificate(self, name):
        listen, container = CONFIGS[name]["listen"], server_container(name)
        self.assertNotIn(port(listen["health"]), (port(listen["data"]), port(listen["admin"])))
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            self.assertEqual(container[probe]["grpc"]["port"], port(listen["health"]), probe)

    @for_each(SERVERS)
    def test_draining_is_no_reason_to_restart(self, name):
        container = server_container(name)
        self.assertEqual(container["livenessProbe"]["grpc"]["service"], "liveness")
        # Ready is what the server as a whole says; a kubelet asks it by the empty name, or none.
        for probe in ("startupProbe", "readinessProbe"):
            self.assertNotIn("service", container[probe]["grpc"])
        self.assertEqual(container["readinessProbe"]["periodSeconds"], 5)

    @for_each(SERVERS)
    def test_loading_has_five_minutes(self, name):
        probe = server_container(name)["startupProbe"]
        self.assertEqual(probe["periodSeconds"] * probe["failureThreshold"], 300)

    @for_each(SERVERS)
    def test_the_grace_period_is_the_servers_lame_duck_and_drain_and_five_seconds(self, name):
        deadlines = CONFIGS[name]["deadlines"]
        self.assertEqual(server_pod(name)["terminationGracePeriodSeconds"],
                         seconds(deadlines["lame_duck"]) + seconds(deadlines["drain"]) + 5)
        self.assertNotIn("lifecycle", server_container(name))  # A preStop would come on top.

    @for_each(SERVERS)
    def test_replicas_go_one_by_one_after_clients_have_found_the_new_ones(self, name):
        spec = find(name, "Deployment", "lookbook-server")["spec"]
        self.assertGreater(spec["minReadySeconds"], 30)  # gRPC resolves a name no more often.
        update = spec["strategy"]["rollingUpdate"]
        self.assertEqual(update["maxSurge"] + update["maxUnavailable"], 1)
        self.assertNotIn("replicas", spec)  # Each `kubectl apply` would undo the autoscaler.

    @for_each(SERVERS)
    def test_threads_are_the_cores_it_asks_for(self, name):
        config, cores = CONFIGS[name], int(server_container(name)["resources"]["requests"]["cpu"])
        if config["device"] == "cpu":
            self.assertEqual((config["decode"]["threads"], config["embed"]["workers"]), (cores, cores))
        else:
            self.assertEqual(config["embed"]["workers"], config["cuda"]["streams"] + 1)
            self.assertLess(config["decode"]["threads"], cores)

    @for_each(SERVERS)
    def test_memory_has_room_for_what_calls_may_take(self, name):
        config, limit = CONFIGS[name], size(server_container(name)["resources"]["limits"]["memory"])
        self.assertEqual(config["watchdog"]["memory_bytes"], "0")  # Follows the container's limit.
        bound = limit * 4 // 5
        calls = size(config["limits"]["image_memory_bytes"]) + size(config["limits"]["grpc_memory_bytes"])
        self.assertGreaterEqual(bound - calls, 2**30)

    @for_each(SERVERS)
    def test_it_scales_on_half_a_batch_for_each_worker(self, name):
        batch, workers = CONFIGS[name]["batch"], CONFIGS[name]["embed"]["workers"]
        half = batch["max_size"] * workers // 2
        self.assertLess(half, batch["queue_capacity"])
        if any(o["kind"] == "ScaledObject" for o in RENDERED[name]):
            self.assertFalse([o for o in RENDERED[name] if o["kind"] == "HorizontalPodAutoscaler"])
            spec = find(name, "ScaledObject")["spec"]
            self.assertEqual(spec["scaleTargetRef"]["name"], "lookbook-server")
            (trigger,) = spec["triggers"]
            self.assertIn('lookbook_queue_depth{namespace="lookbook"}', trigger["metadata"]["query"])
            target, behavior = trigger["metadata"]["threshold"], spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
            bounds = spec["minReplicaCount"], spec["maxReplicaCount"]
        else:
            spec = find(name, "HorizontalPodAutoscaler")["spec"]
            self.assertEqual(spec["scaleTargetRef"], {"apiVersion": "apps/v1", "kind": "Deployment", "name": "lookbook-server"})
            (metric,) = spec["metrics"]
            self.assertEqual(metric["pods"]["metric"]["name"], "lookbook_queue_depth")
            target, behavior = metric["pods"]["target"]["averageValue"], spec["behavior"]
            bounds = spec["minReplicas"], spec["maxReplicas"]
        self.assertEqual(int(target), half)
        self.assertIsInstance(bounds[0], int)
        self.assertGreaterEqual(bounds[0], 2)  # One may go without the service going.
        self.assertGreater(bounds[1], bounds[0])
        self.assertEqual(behavior["scaleDown"]["stabilizationWindowSeconds"], 300)

    def test_prometheus_adapter_gives_the_metric_that_is_scaled_on(self):
        (rule,) = yaml.safe_load((KUBERNETES / "prometheus_adapter.yaml").read_text())["rules"]["custom"]
        self.assertEqual(rule["name"]["as"], find("overlays/cpu", "HorizontalPodAutoscaler")["spec"]["metrics"][0]["pods"]["metric"]["name"])
        self.assertTrue(rule["seriesQuery"].startswith("lookbook_queue_depth{"))
        self.assertIn("`lookbook_queue_depth`", (ROOT / "docs/metrics.md").read_text())
        # The labels that it asks for are those that Prometheus is told to give.
        wanted = set(re.findall(r'(\w+)!=""', rule["seriesQuery"]))
        self.assertEqual(wanted, {"namespace", "pod"})
        self.assertEqual(wanted, set(rule["resources"]["overrides"]))
        self.assertLessEqual(wanted, {relabel["target_label"] for relabel in prometheus_in_kubernetes() if "target_label" in relabel})

    def test_prometheus_scrapes_its_pods(self):
        template = find("overlays/cpu", "Deployment", "lookbook-server")["spec"]["template"]
        relabels = prometheus_in_kubernetes()
        (keep,) = [r for r in relabels if r.get("action") == "keep"]
        self.assertEqual(keep["source_labels"], ["__meta_kubernetes_pod_label_app_kubernetes_io_name"])
        self.assertEqual(keep["regex"], template["metadata"]["labels"]["app.kubernetes.io/name"])
        (address,) = [r for r in relabels if r.get("target_label") == "__address__"]
        self.assertEqual(address["replacement"], f"$1:{port(CONFIGS['overlays/cpu']['metrics']['listen'])}")

    @for_each(SERVERS)
    def test_selectors_select_its_pods(self, name):
        for which, template in pods(name):
            deployment = find(name, "Deployment", which)["spec"]
            self.assertTrue(selects(deployment["selector"], template))
            self.assertTrue(selects(find(name, "PodDisruptionBudget", which)["spec"]["selector"], template))
            self.assertTrue(selects({"matchLabels": find(name, "NetworkPolicy", which)["spec"]["podSelector"]["matchLabels"]}, template))
            for spread in template["spec"]["topologySpreadConstraints"]:
                self.assertTrue(selects(spread["labelSelector"], template))
        server = find(name, "Deployment", "lookbook-server")["spec"]["template"]
        self.assertTrue(selects({"matchLabels": find(name, "Service", "lookbook-server")["spec"]["selector"]}, server))

    def test_the_images_own_configuration_serves_what_the_manifests_do(self):
        done = print_config((ROOT / "docker/server.toml").read_text())
        self.assertEqual(done.returncode, 0, done.stderr)
        image, pod = tomllib.loads(done.stdout), CONFIGS["overlays/cpu"]
        # Who runs the image by itself opens the health port where something asks it.
        self.assertEqual((image["bundles"], {**image["listen"], "health": pod["listen"]["health"]}, image["metrics"], image["log"]),
                         (pod["bundles"], pod["listen"], pod["metrics"], pod["log"]))
        ports = re.findall(r"^EXPOSE (\d+) (\d+)$", (ROOT / "docker/server.Dockerfile").read_text(), re.MULTILINE)
        self.assertEqual(ports, [(str(port(image["listen"]["data"])), str(port(image["metrics"]["listen"])))])


class BundlesTest(unittest.TestCase):
    def mount(self, container, path):
        (mount,) = [m for m in container["volumeMounts"] if m["mountPath"] == path]
        return mount

    def volume(self, spec, container, path):
        (volume,) = [v for v in spec["volumes"] if v["name"] == self.mount(container, path)["name"]]
        return volume["persistentVolumeClaim"]

    def test_the_server_reads_what_the_trainer_writes(self):
        trainer = dict(pods("trainer"))["lookbook-trainer"]["spec"]
        (container,) = trainer["containers"]
        published = container["args"][container["args"].index("--bundles") + 1]
        written = self.volume(trainer, container, published)
        self.assertFalse(written.get("readOnly", False))
        for name in SERVERS:
            (bundles,) = CONFIGS[name]["bundles"]
            read = self.volume(server_pod(name), server_container(name), bundles["path"])
            self.assertEqual(read, {"claimName": written["claimName"], "readOnly": True})
            self.assertTrue(self.mount(server_container(name), bundles["path"])["readOnly"])
            self.assertTrue(CONFIGS[name]["lifecycle"]["watch"])
            claim = find(name, "PersistentVolumeClaim", read["claimName"])
            self.assertEqual(claim["spec"]["accessModes"], ["ReadWriteMany"])

    def test_the_trainers_recipe_is_the_projects_for_more_cores(self):
        recipe = tomllib.loads(find("trainer", "ConfigMap", "lookbook-recipe-*")["data"]["recipe.toml"])
        cores = dict(pods("trainer"))["lookbook-trainer"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]
        self.assertEqual((str(recipe.pop("threads")), str(recipe["data"]["workers"])), (cores, cores))
        projects = tomllib.loads((ROOT / f"models/recipes/{recipe['name']}.toml").read_text())
        projects["data"] |= {"root": "/data", "workers": recipe["data"]["workers"]}
        self.assertEqual(recipe, projects)

    def test_what_another_pod_would_not_mend_ends_the_training(self):
        (fail, ignore) = find("trainer", "Job")["spec"]["podFailurePolicy"]["rules"]
        self.assertEqual((fail["action"], fail["onExitCodes"]["values"]), ("FailJob", [2, 4]))  # docs/training.md
        self.assertEqual(ignore["action"], "Ignore")


class EnvoyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = find("overlays/envoy", "ConfigMap", "lookbook-envoy-*")["data"]["envoy.yaml"]
        cls.envoy = yaml.safe_load(text)
        (cls.cluster,) = cls.envoy["static_resources"]["clusters"]
        (cls.listener,) = cls.envoy["static_resources"]["listeners"]
        cls.manager = cls.listener["filter_chains"][0]["filters"][0]["typed_config"]
        cls.config = CONFIGS["overlays/envoy"]

    def test_calls_every_replica_by_the_headless_service(self):
        (group,) = self.cluster["load_assignment"]["endpoints"]
        (endpoint,) = group["lb_endpoints"]
        self.assertEqual(endpoint["endpoint"]["address"]["socket_address"],
                         {"address": "lookbook-server", "port_value": port(self.config["listen"]["data"])})
        self.assertEqual(self.cluster["type"], "STRICT_DNS")  # One host for each address; LOGICAL_DNS would take one.
        self.assertEqual(self.cluster["lb_policy"], "LEAST_REQUEST")

    def test_nobody_else_does(self):
        policy = find("overlays/envoy", "NetworkPolicy", "lookbook-server")["spec"]
        (peer,) = policy["ingress"][0]["from"]
        self.assertTrue(selects(peer["podSelector"], dict(pods("overlays/envoy"))["lookbook-envoy"]))

    def test_knows_of_a_draining_replica_while_it_still_serves(self):
        (check,) = self.cluster["health_checks"]
        latest = check["unhealthy_threshold"] * (seconds(check["interval"]) + seconds(check["timeout"]))
        self.assertLess(latest, seconds(self.config["deadlines"]["lame_duck"]))
        self.assertIn("grpc_health_check", check)

    def test_its_limits_are_the_servers(self):
        upstream = self.cluster["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]
        streams = upstream["explicit_http_config"]["http2_protocol_options"]["max_concurrent_streams"]
        self.assertEqual(streams, self.config["limits"]["streams_per_connection"])
        (thresholds,) = self.cluster["circuit_breakers"]["thresholds"]
        self.assertLess(thresholds["max_connections"], self.config["limits"]["connections"])
        self.assertEqual(seconds(self.manager["stream_idle_timeout"]), seconds(self.config["deadlines"]["stream_idle"]))
        self.assertEqual(self.config["limits"]["connections_per_address"], 0)  # All come from Envoy's addresses.

    def test_its_memory_is_more_than_its_heap_may_take(self):
        heap = self.envoy["overload_manager"]["resource_monitors"][0]["typed_config"]["max_heap_size_bytes"]
        (container,) = dict(pods("overlays/envoy"))["lookbook-envoy"]["spec"]["containers"]
        self.assertGreater(size(container["resources"]["limits"]["memory"]), heap)

    def test_callers_keep_their_request_ids(self):
        self.assertTrue(self.manager["use_remote_address"])  # With it alone Envoy takes strangers' ids for its own to set.
        self.assertTrue(self.manager["preserve_external_request_id"])

    def test_clients_reach_it(self):
        listening = self.listener["address"]["socket_address"]["port_value"]
        template = dict(pods("overlays/envoy"))["lookbook-envoy"]
        (container,) = template["spec"]["containers"]
        self.assertEqual(container["ports"], [{"name": "grpc", "containerPort": listening}])
        service = find("overlays/envoy", "Service", "lookbook")["spec"]
        self.assertTrue(selects({"matchLabels": service["selector"]}, template))
        self.assertEqual([(p["port"], p["targetPort"]) for p in service["ports"]], [(listening, "grpc")])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
