import type { SignalBody } from "../../../lib/signals/signal-schema";
import { type EmulatedPod, KubernetesCluster } from "../../emulators/kubernetes-cluster";
import type { Process } from "../../fakes/world/process";
import { type Actor, type AppProcess, minute, newestOf, nowOf, repeat, type Scene } from "./scene";

const pollEveryMs = 2 * minute;
/** As `SYNC_SECONDS` of docs/examples/kubernetes/report_pods.py. */
const syncMs = 10 * minute;

/**
 * Pods with the Secrets Store CSI driver, and the reporter of docs/examples/kubernetes: what it reports is modelled
 * here, and its own test runs the script. Pods read the file at each use, or take the key from their environment and
 * are restarted after a publication, some of them too early. They are scaled out and in.
 */
export class KubernetesActor implements Actor {
  #cluster: KubernetesCluster | null = null;
  #scene: Scene | null = null;
  #names = 0;
  readonly #reported = new Set<string>();

  constructor(
    readonly consumer: Actor["consumer"],
    private readonly keyFrom: "file" | "environment",
  ) {}

  begin(scene: Scene): void {
    const { random } = scene.world;
    const cluster = new KubernetesCluster(scene.config.secret.name, () => newestOf(scene).version);
    this.#cluster = cluster;
    this.#scene = scene;
    for (let count = random.between(1, 3); count > 0; count -= 1) this.#start(cluster, scene);
    repeat(
      scene,
      random.below(pollEveryMs),
      () => pollEveryMs,
      () => {
        if (scene.isCalm() || !random.chance(0.2)) cluster.poll();
      },
    );
    repeat(
      scene,
      random.below(minute),
      () => minute,
      () => this.#report(cluster, scene),
    );
    repeat(
      scene,
      random.below(40 * minute),
      () => random.between(5, 60) * minute,
      () => this.#scale(cluster, scene),
    );
    // A rollout of a deployment, or a person who restarts the pods because the gate waits for them.
    repeat(
      scene,
      random.below(30 * minute),
      () => random.between(2, 30) * minute,
      () => this.#roll(cluster, scene),
    );
  }

  #start(cluster: KubernetesCluster, scene: Scene): void {
    cluster.start(`api-${(this.#names += 1)}`, nowOf(scene)());
  }

  #scale(cluster: KubernetesCluster, scene: Scene): void {
    const { random } = scene.world;
    if (random.chance(0.5) || cluster.pods.length === 1) return this.#start(cluster, scene);
    const pod = random.any(cluster.pods);
    if (pod !== null) cluster.remove(pod);
  }

  #roll(cluster: KubernetesCluster, scene: Scene): void {
    const { timeline, random } = scene.world;
    const old = cluster.pods.filter((pod) => this.#versionOf(scene, pod) !== newestOf(scene).version);
    for (const pod of this.keyFrom === "environment" ? old : []) {
      this.#start(cluster, scene);
      timeline.add(timeline.now + random.below(minute), () => cluster.remove(pod), { wakes: false });
    }
  }

  /** What the reporter takes for the version of a pod. */
  #versionOf(scene: Scene, { file, startTime }: EmulatedPod): string {
    if (this.keyFrom === "file") return file;
    const versions = scene.world.vault.versions(scene.config.secret);
    const latestMs = startTime.getTime() - syncMs;
    const synced = versions.findLast(({ createdAtMs }) => createdAtMs <= latestMs) ?? versions[0];
    const mounted = versions.find(({ version }) => version === file);
    const older = (mounted?.createdAtMs ?? 0) < (synced?.createdAtMs ?? 0) ? mounted : synced;
    return older?.version ?? file;
  }

  #report(cluster: KubernetesCluster, scene: Scene): void {
    const { world } = scene;
    const process = world.random.any(world.processes.filter((one) => one.serves(world.timeline.now)));
    if (process === null) return;
    for (const pod of cluster.pods) {
      this.#reported.add(pod.name);
      void this.#send(scene, process, {
        instance: pod.name,
        secretVersion: this.#versionOf(scene, pod),
        leaving: false,
      });
    }
    const running = new Set(cluster.pods.map(({ name }) => name));
    for (const name of this.#reported) {
      if (running.has(name)) continue;
      void this.#send(scene, process, { instance: name, secretVersion: newestOf(scene).version, leaving: true });
    }
  }

  async #send(
    { world, config }: Scene,
    process: Process,
    report: Pick<SignalBody, "instance" | "secretVersion" | "leaving">,
  ): Promise<void> {
    const account = process.app.accounts.find(config.name);
    if (account === null) return;
    const at = new Date(world.wallMs).toISOString();
    const body = { consumer: this.consumer.name, healthy: true, at, detail: null, proof: null, ...report };
    const received = await world.product.receiveSignal(process.app, account, body).catch(() => null);
    // The script compares with the status at each run, so it repeats a report of leaving until it has arrived.
    if (report.leaving && received?.kind === "received") this.#reported.delete(report.instance);
  }

  processes(): readonly AppProcess[] {
    const scene = this.#scene;
    if (scene === null) return [];
    const valueOf = (id: string): string =>
      scene.world.vault.versions(scene.config.secret).find(({ version }) => version === id)?.value ?? "";
    return (this.#cluster?.pods ?? []).map((pod) => ({
      name: pod.name,
      value: valueOf(this.keyFrom === "file" ? pod.file : pod.environment),
    }));
  }
}
