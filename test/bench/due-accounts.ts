import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import packageJson from "../../package.json";
import { toInstant } from "../../lib/rotation/time/time";
import { days } from "../builders/time";
import { type Azurite, startAzurite } from "../emulators/azurite";
import { type Emulators, startEmulators } from "../emulators/emulators";
import type { Vault } from "../emulators/vault";
import { packageApp } from "../tools/package";
import { type BenchHost, startBenchHost } from "./bench-host";
import { idleRecord, seedRecords } from "./seeded-records";

const root = path.resolve(__dirname, "../..");
const prefix = "Due";

export interface Placed {
  readonly name: string;
  readonly resourceId: string;
  readonly secretName: string;
}

/** The built app on the emulators and on Azurite, with accounts whose rotation is due. */
export class DueAccounts {
  readonly folder = mkdtempSync(path.join(tmpdir(), "bench-due-"));
  readonly accounts: Placed[] = [];
  readonly hosts: BenchHost[] = [];

  private constructor(
    readonly emulators: Emulators,
    readonly azurite: Azurite,
    readonly vault: Vault,
  ) {}

  static async open(): Promise<DueAccounts> {
    const emulators = await startEmulators();
    return new DueAccounts(emulators, await startAzurite(), await emulators.addVault("keys"));
  }

  place(name: string, subscriptionId?: string): void {
    const added = this.emulators.batch.addAccount({
      name,
      ...(subscriptionId === undefined ? {} : { subscriptionId }),
    });
    const secretName = `${name}-batch-key`;
    const value = this.emulators.batch.keys(name).primary;
    this.vault.seed(secretName, { value, createdOn: new Date(Date.now() - days(61)) });
    this.accounts.push({ name, resourceId: added.resourceId, secretName });
  }

  get #file(): string {
    return JSON.stringify({
      defaults: { gate: { consumers: [{ name: "render-api" }] } },
      accounts: this.accounts.map(({ name, resourceId, secretName }) => ({
        name,
        resourceId,
        secret: { vaultUrl: this.vault.url, name: secretName },
      })),
    });
  }

  get #env(): Readonly<Record<string, string>> {
    return {
      ...this.emulators.env,
      PATH: process.env["PATH"] ?? "",
      AzureWebJobsStorage: this.azurite.connectionString,
      ROTATION_ACCOUNTS: "@accounts.json",
      ROTATION_TABLE_PREFIX: prefix,
      ROTATION_SCHEDULE: "0 0 0 1 1 *",
      // A tick drives all of them itself: these hosts have no queue.
      ROTATION_FAN_OUT: "1000000",
    };
  }

  /** Records of accounts that were adopted long ago, and this many hosts. */
  async start(hosts: number, stop: AbortSignal): Promise<void> {
    const [env, file] = [this.#env, this.#file];
    await seedRecords({
      connectionString: this.azurite.connectionString,
      prefix,
      env,
      file,
      stop,
      recordOf: (config, now) => {
        const madeAt = toInstant(new Date(now.getTime() - days(61)));
        const version = this.vault.newest(config.secret.name)?.version ?? "";
        const active = { version, publishedAt: madeAt, createdAt: madeAt, keyMadeAt: madeAt };
        return idleRecord(config, now, this.emulators.dataPlaneHost, active);
      },
    });
    packageApp(path.join(this.folder, "app"), path.join(root, packageJson.main));
    writeFileSync(path.join(this.folder, "app/accounts.json"), file);
    for (let host = 0; host < hosts; host++) this.hosts.push(await startBenchHost(path.join(this.folder, "app"), env));
  }

  published(names: readonly Placed[] = this.accounts): number {
    return names.filter(({ secretName }) => this.vault.versions(secretName).length > 1).length;
  }

  async close(): Promise<void> {
    for (const host of this.hosts) await host.stop();
    await this.azurite.stop();
    await this.emulators.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
