import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { aConsumer } from "../builders/account";
import { testCertificates } from "../emulators/certificate-authority";
import { KubernetesApi, type RoleRule } from "../emulators/kubernetes-api";
import { KubernetesCluster } from "../emulators/kubernetes-cluster";
import { federatedToken } from "../emulators/managed-identity";
import { emulatedTenant, systemAssignedClientId } from "../emulators/tokens";
import { hasPython } from "../local/python";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";
import { type RotatorServer, serveRotator } from "../rig/rotator-server";

const run = promisify(execFile);
const root = path.resolve(__dirname, "../..");
const folder = path.join(root, "docs/examples/kubernetes");

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly volumeMounts: readonly { readonly mountPath: string; readonly name: string }[];
  readonly securityContext: unknown;
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: unknown;
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string; readonly configMap: { readonly name: string } }[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly RoleRule[];
  readonly spec: { readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: PodSpec } } } };
}

/** The YAML parser that comes with Jest. */
const yaml: { loadAll(text: string): unknown[]; load(text: string): unknown } = createRequire(
  path.join(root, "package.json"),
)("js-yaml");
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tests below fail where it is another form
const manifests = yaml.loadAll(readFileSync(path.join(folder, "reporter.yaml"), "utf8")) as readonly Manifest[];
const manifest = (kind: string): Manifest => {
  const [found, ...others] = manifests.filter((one) => one.kind === kind);
  if (found === undefined || others.length > 0) throw new Error(`not one ${kind}`);
  return found;
};
const { spec: podSpec } = manifest("CronJob").spec.jobTemplate.spec.template;
const [container] = podSpec.containers;
const valueOf = (name: string): string => container.env.find((one) => one.name === name)?.value ?? "";

describe("the manifest", () => {
  test("binds one service account to rights to read pods and the driver's statuses, and to no Secret", () => {
    expect(manifests.map(({ kind }) => kind)).toEqual([
      "ServiceAccount",
      "Role",
      "RoleBinding",
      "NetworkPolicy",
      "CronJob",
    ]);
    expect(new Set(manifests.map(({ metadata }) => metadata.name))).toEqual(new Set(["batch-key-reporter"]));
    expect(manifest("Role").rules).toEqual([
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
      {
        apiGroups: ["secrets-store.csi.x-k8s.io"],
        resources: ["secretproviderclasspodstatuses"],
        verbs: ["get", "list"],
      },
    ]);
    expect(podSpec.serviceAccountName).toBe("batch-key-reporter");
    expect(manifest("RoleBinding")).toMatchObject({
      roleRef: { kind: "Role", name: "batch-key-reporter" },
      subjects: [{ kind: "ServiceAccount", name: "batch-key-reporter" }],
    });
  });

  test("runs without root, on a file system that it cannot write, and accepts no connection", () => {
    expect(podSpec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(manifest("NetworkPolicy").spec).toMatchObject({ policyTypes: ["Ingress", "Egress"] });
    expect(manifest("NetworkPolicy").spec).not.toHaveProperty("ingress");
    expect(manifest("CronJob").spec).toMatchObject({
      schedule: "* * * * *",
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 120,
    });
  });

  test("runs the script that kustomize puts into the volume", () => {
    expect(yaml.load(readFileSync(path.join(folder, "kustomization.yaml"), "utf8"))).toMatchObject({
      resources: ["reporter.yaml"],
      configMapGenerator: [{ name: "batch-key-reporter", files: ["report_pods.py"] }],
    });
    expect(podSpec.volumes).toEqual([{ name: "reporter", configMap: { name: "batch-key-reporter" } }]);
    expect(container.volumeMounts).toEqual([{ name: "reporter", mountPath: "/reporter", readOnly: true }]);
    expect(container.command).toEqual(["python3", "-B", "/reporter/report_pods.py"]);
  });
});

const on = (secretVersion: string, healthy = true) => ({ secretVersion, healthy });
const later = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const failure = (problem: string) => ({ stderr: expect.stringContaining(problem) });

if (!hasPython) console.warn("python3 (3.9 or later) is not on this machine, so the reporter of pods is not run");
const describeWithPython = hasPython ? describe : describe.skip;

describeWithPython("the reporter of pods, on an emulated API server", () => {
  let world: EmulatedRig;
  let at: EmulatedPlace;
  let server: RotatorServer;
  let cluster: KubernetesCluster;
  let api: KubernetesApi;
  let files: string;
  let env: NodeJS.ProcessEnv;
  let places = 0;

  beforeAll(async () => {
    world = await openEmulatedRig(new Date().toISOString());
    server = await serveRotator(world);
  });
  afterAll(async () => {
    server.close();
    await world.close();
  });

  beforeEach(async () => {
    at = world.place({ name: `pods-${(places += 1)}`, gate: { consumers: [aConsumer()] } });
    await world.rig.surface.tick();
    cluster = new KubernetesCluster(at.config.secret.name, () => at.newest().version);
    api = new KubernetesApi(cluster);
    api.rules = manifest("Role").rules;
    const { port } = await world.emulators.addKubernetes(api);
    files = mkdtempSync(path.join(tmpdir(), "service-account-"));
    const written = { token: cluster.token, namespace: cluster.namespace, "ca.crt": (await testCertificates()).ca };
    for (const [name, text] of Object.entries(written)) writeFileSync(path.join(files, name), text);
    writeFileSync(path.join(files, "azure"), federatedToken);
    env = {
      PATH: process.env["PATH"] ?? "",
      NO_PROXY: world.emulators.env["NO_PROXY"] ?? "",
      SSL_CERT_FILE: world.emulators.caFile,
      SERVICE_ACCOUNT_DIR: files,
      KUBERNETES_SERVICE_HOST: "localhost",
      KUBERNETES_SERVICE_PORT: String(port),
      ROTATOR_URL: server.url,
      ROTATOR_KEY: "key-of-receiveSignal",
      STATUS_KEY: "key-of-accountStatus",
      ACCOUNT: at.name,
      CONSUMER: valueOf("CONSUMER"),
      POD_SELECTOR: valueOf("POD_SELECTOR"),
      SECRET_PROVIDER_CLASS: valueOf("SECRET_PROVIDER_CLASS"),
      SECRET_NAME: at.config.secret.name,
      KEY_FROM: valueOf("KEY_FROM"),
      VAULT_URL: at.config.secret.vaultUrl,
      AZURE_FEDERATED_TOKEN_FILE: path.join(files, "azure"),
      AZURE_CLIENT_ID: systemAssignedClientId,
      AZURE_TENANT_ID: emulatedTenant,
      AZURE_AUTHORITY_HOST: `${world.emulators.identity.imdsHost}/`,
    };
  });
  afterEach(() => {
    world.emulators.faults.clear();
    rmSync(files, { recursive: true, force: true });
  });

  const report = (more: NodeJS.ProcessEnv = {}) =>
    run("python3", ["-B", path.join(folder, "report_pods.py")], { env: { ...env, ...more } });
  /** What the rotator knows, by pod. */
  const known = async (): Promise<Readonly<Record<string, unknown>>> => {
    const instances = (await at.status()).consumers[0]?.instances ?? [];
    return Object.fromEntries(
      instances.map(({ id, secretVersion, healthy }) => [
        id.replace(/\.[0-9a-f]{12}$/, ""),
        { secretVersion, healthy },
      ]),
    );
  };
  /** A new version, as a rotation publishes it. The vault's times have whole seconds. */
  const publish = (): string => {
    world.rig.clock.advance(1_000);
    const other = at.publishedSlot() === "primary" ? "secondary" : "primary";
    return world.vault.seed(at.config.secret.name, { value: at.keys()[other] }).version;
  };

  test("has every setting from the manifest or from the cluster", () => {
    const script = readFileSync(path.join(folder, "report_pods.py"), "utf8");
    const read = [...script.matchAll(/environ(?:\.get\(|\[)['"]([A-Z_]+)/g)].map(([, name = ""]) => name);
    const ofPod = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "SERVICE_ACCOUNT_DIR", "SSL_CERT_FILE"];
    const ofEnvironmentUsers = Object.keys(env).filter((name) => /^AZURE_|^VAULT_URL$/.test(name));
    const given = [...container.env.map(({ name }) => name), ...ofPod, ...ofEnvironmentUsers, "SYNC_SECONDS"];
    expect(new Set(read)).toEqual(new Set(given));
  });

  test("reports each running pod of the app: the version that the driver shows, and whether it is ready", async () => {
    cluster.start("api-1", later(-60));
    cluster.start("api-2", later(-60)).isReady = false;
    cluster.start("other-1", later(-60), { app: "other" });
    cluster.start("api-3", later(-1)).phase = "Pending";
    cluster.start("api-4", later(-60)).isEnding = true;
    const { version } = at.newest();
    await report();
    expect(await known()).toEqual({ "api-1": on(version), "api-2": on(version, false) });
  });

  test("a pod whose file the driver has not renewed yet is on the previous version", async () => {
    cluster.start("api-1", later(-60));
    const { version: old } = at.newest();
    const version = publish();
    cluster.start("api-2", later(0));
    await report();
    expect(await known()).toEqual({ "api-1": on(old), "api-2": on(version) });
    cluster.poll();
    await report();
    expect(await known()).toEqual({ "api-1": on(version), "api-2": on(version) });
  });

  test("a pod with the key in its environment counts only where it started after the Secret was synced", async () => {
    const fromEnvironment = { KEY_FROM: "environment" };
    const before = cluster.start("api-before", later(-60));
    const { version: old } = at.newest();
    const version = publish();
    // Its file is new, its environment is not: the driver has not polled yet.
    const between = cluster.start("api-between", later(20));
    cluster.poll();
    const after = cluster.start("api-after", later(700));
    await report(fromEnvironment);
    expect([before, between, after].map(({ environment }) => environment)).toEqual([old, old, version]);
    expect(await known()).toEqual({ "api-before": on(old), "api-between": on(old), "api-after": on(version) });
  });

  test("a pod with the key in its environment has nothing newer than the version that the driver shows", async () => {
    cluster.start("api-1", later(700));
    const { version: old } = at.newest();
    publish();
    await report({ KEY_FROM: "environment" });
    expect(await known()).toEqual({ "api-1": on(old) });
  });

  test("a pod that has ended or is gone leaves; one of another cluster or sender stays", async () => {
    const [ended, deleted] = [cluster.start("api-1", later(-60)), cluster.start("api-2", later(-60))];
    cluster.start("api-3", later(-60));
    const { version } = at.newest();
    await at.vm(7).report({ proof: false });
    await report();
    ended.phase = "Succeeded";
    cluster.remove(deleted);
    const ca = path.join(files, "ca.crt");
    await report();
    expect(await known()).toEqual({ "api-3": on(version), "vm-7": on(version) });
    // Another cluster: it has another authority, and none of these pods.
    writeFileSync(ca, `${readFileSync(ca, "utf8")}\n${(await testCertificates()).cert}`);
    cluster.pods = [];
    await report();
    expect(await known()).toEqual({ "api-3": on(version), "vm-7": on(version) });
  });

  test("a pod that runs does not leave because the selector does not select it", async () => {
    cluster.start("api-1", later(-60));
    cluster.start("api-2", later(-60), { app: "render-api", tier: "web" });
    const { version } = at.newest();
    await report();
    await expect(report({ POD_SELECTOR: "tier=web" })).rejects.toMatchObject(
      failure("still runs, and POD_SELECTOR does not select it"),
    );
    expect(await known()).toEqual({ "api-1": on(version), "api-2": on(version) });
  });

  test("reads lists page by page, and begins again where a list has expired", async () => {
    for (const number of [1, 2, 3, 4, 5]) cluster.start(`api-${number}`, later(-60));
    await report();
    api.maxPage = 2;
    api.expires = 2;
    await report();
    expect(Object.keys(await known())).toHaveLength(5);
    api.expires = 3;
    await expect(report()).rejects.toMatchObject(failure("has expired three times"));
    expect(Object.keys(await known())).toHaveLength(5);
  });

  test.each([
    ["a right to list pods is missing", (): void => void (api.rules = api.rules.slice(1)), "pods is forbidden"],
    [
      "a right to list statuses is missing",
      (): void => void (api.rules = api.rules.slice(0, 1)),
      "secretproviderclasspodstatuses is forbidden",
    ],
    [
      "the driver is not installed",
      (): void => void (api.hasDriver = false),
      "is the Secrets Store CSI driver installed",
    ],
    ["a setting is missing", (): void => void delete env["POD_SELECTOR"], "is missing: 'POD_SELECTOR'"],
    ["the API server cannot be reached", (): void => void (env["KUBERNETES_SERVICE_PORT"] = "1"), "were not reported"],
    ["the token has expired", (): void => writeFileSync(path.join(files, "token"), "old"), "401"],
    [
      "a pod does not mount the secret",
      (): void => {
        const [pod] = cluster.pods;
        jest.spyOn(cluster, "statusObjects").mockReturnValue(cluster.statusObjects().slice(1));
        expect(pod?.name).toBe("api-1");
      },
      "the driver shows no version for pod api-1",
    ],
    [
      "the rotator shows no status",
      (): void => void (env["ACCOUNT"] = "unlisted"),
      "the rotator answered 404 to a request for the status",
    ],
  ])("reports nothing and fails where %s", async (_what, breaks, problem) => {
    cluster.start("api-1", later(-60));
    cluster.start("api-2", later(-60));
    breaks();
    await expect(report()).rejects.toMatchObject(failure(problem));
    expect(await known()).toEqual({});
  });

  test.each([
    ["identity", "identity.federated"],
    ["vault", "vault.listVersions"],
  ] as const)("reports nothing of environments where the %s refuses", async (_what, route) => {
    cluster.start("api-1", later(-60));
    world.emulators.faults.add({ route, when: "before", kind: "status", status: 403 });
    await expect(report({ KEY_FROM: "environment" })).rejects.toMatchObject(failure("403"));
    expect(await known()).toEqual({});
  });

  test("opens the gate of a whole rotation as its pods follow", async () => {
    const whole = world.place({ name: "whole-weu", gate: { soakMs: 0, consumers: [aConsumer({ instances: 2 })] } });
    Object.assign(env, { ACCOUNT: whole.name, SECRET_NAME: whole.config.secret.name });
    await world.rig.surface.tick();
    const pods = new KubernetesCluster(whole.config.secret.name, () => whole.newest().version);
    const ofWhole = new KubernetesApi(pods);
    ofWhole.rules = manifest("Role").rules;
    env["KUBERNETES_SERVICE_PORT"] = String((await world.emulators.addKubernetes(ofWhole)).port);
    writeFileSync(path.join(files, "token"), pods.token);
    pods.start("api-1", later(-60));
    pods.start("api-2", later(-60));
    await report();
    expect(await whole.phase()).toBe("idle");
    expect((await whole.rotate()).status).toBe(202);
    await report();
    expect(await whole.waitingFor()).toMatchObject({ reason: "OnPreviousKey" });
    pods.poll();
    await report();
    expect(await whole.phase()).toBe("idle");
    expect(whole.eventKinds()).toContain("KeyRetired");
  });
});
