import type { TokenCredential } from "@azure/identity";
import { AzureAuditLog } from "../../../lib/azure/log-analytics/azure-audit-log";
import type { AuditLog } from "../../../lib/ports/audit-log";
import { askReaders } from "../../../lib/sights/ask-readers";
import type { AuditLine } from "../../emulators/audit-lines";
import { hours } from "../../builders/time";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { issueToken } from "../../emulators/tokens";
import { aBenchApp } from "../bench-app";
import { median, type Measure, row } from "../row";

const lines = 1_000_000;
const identities = 10_000;
const versions = ["1".repeat(32), "2".repeat(32)];
const mebibyte = 1024 * 1024;

/** A month of lines, made one by one. `visit`: after every thousand. */
const month = function* (secret: string, endsAt: number, visit: () => void): Iterable<AuditLine> {
  const stepMs = (30 * 24 * 3600 * 1000) / lines;
  for (let i = 0; i < lines; i += 1) {
    if (i % 1_000 === 0) visit();
    const who = i % identities;
    yield {
      TimeGenerated: new Date(endsAt - (lines - i) * stepMs),
      OperationName: "SecretGet",
      HttpStatusCode: 200,
      Id: `${secret}/${versions[i < lines / 2 ? 0 : 1]}`,
      RequestUri: `${secret}/?api-version=7.5`,
      CallerIpAddress: `10.0.${who >> 8}.${who & 255}`,
      ClientInfo: "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.11; Linux)",
      Identity: {
        claim: {
          oid: `${String(who).padStart(8, "0")}-0000-4000-8000-000000000000`,
          xms_mirid: `/subscriptions/s/resourcegroups/render/providers/Microsoft.Web/sites/render-web-${who}`,
        },
      },
    };
  }
};

/** Not by the identity endpoint: the SDK keeps that of the measure before, whose emulators are gone. */
const credential: TokenCredential = {
  getToken: async (scopes) => {
    const resource = String(scopes).replace(/\/\.default$/, "");
    return { token: issueToken({ resource, lifetimeSeconds: 3600 }).token, expiresOnTimestamp: Date.now() + hours(1) };
  },
};

const openLog = ({ logs }: Emulators): AuditLog =>
  new AzureAuditLog({
    credential,
    logEndpoint: logs.url,
    logScope: "https://api.loganalytics.io/.default",
    workspaceId: logs.workspaceId,
  });

/** One question about a month of the log: the emulated workspace adds the lines up, as the query asks it to. */
export const readers: Measure = {
  name: "readers",
  title: "readers: a million lines of the audit log",
  run: async ({ full, stop }) => {
    const emulators = await startEmulators();
    try {
      const log = openLog(emulators);
      const [ms, mib]: [number[], number[]] = [[], []];
      for (let run = 0; run < (full ? 5 : 1) && !stop.aborted; run += 1) {
        const found = await askOnce(emulators, log);
        ms.push(found.ms);
        mib.push(found.mib);
      }
      const note = "the emulated workspace included, which adds up in the place of Log Analytics";
      const what = `${lines.toLocaleString("en")} lines of ${identities.toLocaleString("en")} identities`;
      return [
        row("13", `who reads the key: ${what}`, median(ms) / 1000, { unit: "s", bound: 10, note }),
        row("13", `memory for it, at most`, Math.max(...mib), { unit: "MiB", bound: 256, note }),
      ];
    } finally {
      await emulators.close();
    }
  },
};

const askOnce = async (emulators: Emulators, log: AuditLog): Promise<{ readonly ms: number; readonly mib: number }> => {
  const { app } = await aBenchApp(1);
  const config = app.accounts.find("bench0");
  if (config === null) throw new Error("there is no account");
  const { vaultUrl, name } = config.secret;
  const memory = memoryMeter();
  const { visit } = memory;
  const endsAt = app.ports.clock.now().getTime();
  emulators.logs.service.audit.bulk = () => month(`${vaultUrl}/secrets/${name}`, endsAt, visit);
  const began = performance.now();
  const visited: AuditLog = { readers: (...question) => log.readers(...question).finally(visit) };
  const asked = await askReaders(app.ports, visited, config, () => ({ signal: AbortSignal.timeout(60_000) }));
  visit();
  const ms = performance.now() - began;
  const seen = new Set(asked?.readers.map(({ identity }) => identity)).size;
  if (seen !== identities) throw new Error(`${seen} identities were seen`);
  return { ms, mib: memory.growth() / mebibyte };
};

/** All of it, and what is in use, in bytes. */
const memoryNow = (): readonly [number, number] => {
  const { rss, heapUsed, external } = process.memoryUsage();
  return [rss, heapUsed + external];
};

/**
 * The greater of two growths: that of all memory, and that of what is in use. The first may be hidden by memory that a
 * measure before has freed and the process has kept.
 */
const memoryMeter = () => {
  globalThis.gc?.();
  const [rss, used] = memoryNow();
  let most: readonly [number, number] = [rss, used];
  const visit = (): void => {
    const [nowRss, nowUsed] = memoryNow();
    most = [Math.max(most[0], nowRss), Math.max(most[1], nowUsed)];
  };
  return { visit, growth: () => Math.max(most[0] - rss, most[1] - used) };
};
