import { randomUUID } from "node:crypto";

/** A pod of an app, with what it has: its file follows the driver, its environment is that of its start. */
export interface EmulatedPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startTime: Date;
  /** The version in the synced Secret when it started. */
  readonly environment: string;
  /** The version in its file. */
  file: string;
  phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  isReady: boolean;
  isEnding: boolean;
}

/**
 * One namespace with the Secrets Store CSI driver. A pod mounts the newest version at its start. The driver's poll
 * brings the newest one to the files of all pods and to the synced Secret; until then a new pod has the new file, and
 * the old value in its environment.
 */
export class KubernetesCluster {
  readonly namespace = "render";
  readonly secretProviderClass = "batch-key";
  readonly token = randomUUID();
  pods: readonly EmulatedPod[] = [];
  #synced: string | null = null;

  constructor(
    private readonly secretName: string,
    private readonly newest: () => string,
  ) {}

  start(name: string, startTime: Date, labels: EmulatedPod["labels"] = { app: "render-api" }): EmulatedPod {
    const file = this.newest();
    this.#synced ??= file;
    const pod: EmulatedPod = {
      name,
      labels,
      startTime,
      environment: this.#synced,
      file,
      phase: "Running",
      isReady: true,
      isEnding: false,
    };
    this.pods = [...this.pods, pod];
    return pod;
  }

  remove({ name }: EmulatedPod): void {
    this.pods = this.pods.filter((pod) => pod.name !== name);
  }

  /** The driver's poll. */
  poll(): void {
    const newest = this.newest();
    for (const pod of this.pods) pod.file = newest;
    if (this.#synced !== null) this.#synced = newest;
  }

  podObjects(): readonly ListedObject[] {
    return this.pods.map((pod) => ({
      metadata: {
        name: pod.name,
        namespace: this.namespace,
        labels: pod.labels,
        ...(pod.isEnding ? { deletionTimestamp: pod.startTime.toISOString() } : {}),
      },
      status: {
        phase: pod.phase,
        startTime: `${pod.startTime.toISOString().slice(0, 19)}Z`,
        conditions: [
          { type: "PodScheduled", status: "True" },
          { type: "Ready", status: pod.isReady ? "True" : "False" },
        ],
      },
    }));
  }

  /** Pods that wait for their volume have none. */
  statusObjects(): readonly ListedObject[] {
    const mounted = this.pods.filter(({ phase }) => phase !== "Pending");
    return mounted.map(({ name, file }) => ({
      metadata: {
        name: `${name}-${this.namespace}-${this.secretProviderClass}`,
        namespace: this.namespace,
        labels: {},
      },
      status: {
        mounted: true,
        podName: name,
        secretProviderClassName: this.secretProviderClass,
        targetPath: `/var/lib/kubelet/pods/${name}/volumes/kubernetes.io~csi/batch-key/mount`,
        objects: [
          { id: "secret/another", version: "0".repeat(32) },
          { id: `secret/${this.secretName}`, version: file },
        ],
      },
    }));
  }
}

export interface ListedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly status: Readonly<Record<string, unknown>>;
}
