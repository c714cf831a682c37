import { randomBytes } from "node:crypto";
import type { Internals, KeyOptions, LogLine } from "../../../../clients/node/src/types";
import { proofOf } from "../../../builders/proof";
import { isSignedWith, stringToSign } from "../../../emulators/shared-key-signature";

export interface Version {
  readonly version: string;
  readonly key: string;
}

export interface Report {
  readonly at: number;
  readonly version: string;
  readonly healthy: boolean;
  readonly leaving: boolean;
}

export type Service = "vault" | "batch" | "rotator";

export const account = "renderweu";
export const endpoint = "https://renderweu.westeurope.batch.azure.com";
export const secretUrl = "https://keys.vault.azure.net/secrets/renderweu-batch-key";
const start = Date.parse("2026-11-24T10:00:00.000Z");

const textOf = (body: unknown): string => (typeof body === "string" ? body : "");

/** Vault, Batch and rotator as one `fetch` on virtual time. Nothing happens unless the test advances. */
export class Cloud implements Internals {
  readonly versions: Version[] = [];
  /** Keys that Batch refuses although they are versions. */
  readonly dead = new Set<string>();
  readonly reports: Report[] = [];
  readonly lines: LogLine[] = [];
  readonly calls: { readonly service: Service; readonly at: number; readonly status: number }[] = [];
  /** What a call to a service is answered instead; null: as usual. "reset": no answer. */
  fault: (service: Service) => number | "reset" | null = () => null;
  #now = start;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  constructor() {
    this.publish();
  }

  publish(key = randomBytes(64).toString("base64")): Version {
    const version = { version: randomBytes(16).toString("hex"), key };
    this.versions.push(version);
    return version;
  }

  get newest(): Version {
    const newest = this.versions.at(-1);
    if (newest === undefined) throw new Error("there is no version");
    return newest;
  }

  readonly now = (): number => this.#now;
  readonly random = (): number => 0.5;
  readonly secondMs = 1_000;
  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** What can happen without time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 25; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.settle();
    for (;;) {
      const [next] = this.#timers.toSorted((one, other) => one.at - other.at);
      if (next === undefined || next.at > until) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.run();
      await this.settle();
    }
    this.#now = until;
  }

  count(service: Service): number {
    return this.calls.filter((call) => call.service === service).length;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const target = new URL(url);
    const service = target.hostname.includes("vault") ? "vault" : target.hostname === "rotator" ? "rotator" : "batch";
    const fault = this.fault(service);
    const headers: Record<string, string> = Object.fromEntries(new Headers(init.headers));
    if (fault === "reset") {
      this.calls.push({ service, at: this.#now, status: 0 });
      throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } });
    }
    const { status, body } =
      fault === null ? this.#answer(service, target, headers, init) : { status: fault, body: {} };
    this.calls.push({ service, at: this.#now, status });
    return new Response(JSON.stringify(body), { status });
  };

  #answer(service: Service, target: URL, headers: Readonly<Record<string, string>>, init: RequestInit) {
    if (service === "vault") {
      const { version, key } = this.newest;
      return { status: 200, body: { id: `${secretUrl}/${version}`, value: key } };
    }
    return service === "batch" ? this.#batch(target, headers, init) : this.#rotator(target, init);
  }

  #batch(target: URL, headers: Readonly<Record<string, string>>, { method = "GET", body }: RequestInit) {
    const [, signature = ""] = (headers["authorization"] ?? "").split(":");
    const length = textOf(body).length > 0 ? String(textOf(body).length) : method === "POST" ? "0" : "";
    const signed = Object.fromEntries(
      Object.entries({ ...headers, "content-length": length }).map(([name, value]) => [name, [value]]),
    );
    const request = {
      method,
      path: target.pathname,
      query: target.searchParams,
      headers: signed,
      body: Buffer.alloc(0),
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a request only these members are signed
    const text = stringToSign(account, request as never);
    const isLive = ({ key }: Version): boolean => !this.dead.has(key) && isSignedWith(key, text, signature);
    return this.versions.some(isLive) ? { status: 200, body: { value: [] } } : { status: 403, body: {} };
  }

  #rotator(target: URL, init: RequestInit) {
    const sent: Record<string, string & boolean> = JSON.parse(textOf(init.body));
    const { consumer = "", instance = "", secretVersion = "", healthy, leaving, at = "", proof } = sent;
    const key = this.versions.find(({ version }) => version === secretVersion)?.key ?? "";
    const name = target.pathname.split("/")[3] ?? "";
    const word = leaving ? "leaving" : String(healthy);
    if (proof !== proofOf(key, [name, consumer, instance, secretVersion, word, at]))
      return { status: 403, body: { reason: "ProofRefused" } };
    const isLeaving: boolean = leaving ?? false;
    this.reports.push({ at: this.#now, version: secretVersion, healthy: healthy ?? false, leaving: isLeaving });
    return { status: 202, body: { accepted: true } };
  }
}

export const optionsOf = (cloud: Cloud, changes: Partial<KeyOptions> = {}): KeyOptions => ({
  account,
  secretUrl,
  endpoint,
  credential: { getToken: async () => ({ token: "token" }) },
  report: { url: "https://rotator/api", key: "function-key", account: "render-weu", consumer: "render-api" },
  logger: (line) => void cloud.lines.push(line),
  internals: cloud,
  ...changes,
});
