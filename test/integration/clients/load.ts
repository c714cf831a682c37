/**
 * For the test under load: an app that calls Batch all the time with one key until it is stopped, and prints at the end
 * what became of its calls.
 */
import { setTimeout as wait } from "node:timers/promises";
import { rotatingBatchKey } from "../../../clients/node/src/index";
import { managedIdentity } from "../../../clients/node/src/managed-identity";
import { Random } from "../../fakes/world/random";

const settings = JSON.parse(process.env["LOAD"] ?? "{}");
const { account, secretUrl, endpoint, report, secondMs } = settings;
const counts = { answered: 0, refused: 0, failed: 0, refusals: 0 };

const faultRate = 0.05;
const random = new Random(settings.seed);

const reset = (): never => {
  throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } });
};

/** One of twenty requests fails: before or after its effect, with an error or, by Batch, a refusal of a right key. */
const faulty = async (url: string, init: RequestInit): Promise<Response> => {
  if (settings.report.url && url.startsWith(settings.report.url)) return fetch(url, init);
  const kind = random.next() < faultRate ? Math.floor(random.next() * 4) : null;
  if (kind === 0) reset();
  const response = await fetch(url, init);
  if (kind === 1) reset();
  return kind === 2 ? new Response(null, { status: 503 }) : kind === 3 ? new Response("{", { status: 403 }) : response;
};

/** Counts the refusals that the client has seen, also those that it has hidden. */
const counting = async (url: string, init: RequestInit): Promise<Response> => {
  const response = await faulty(url, init);
  if (response.status === 403) counts.refusals += 1;
  return response;
};

const main = async (): Promise<void> => {
  const internals = { fetch: counting, secondMs };
  const key = rotatingBatchKey({ account, secretUrl, endpoint, credential: managedIdentity(), report, internals });
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  const url = `${endpoint}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1`;
  while (!stop.signal.aborted) {
    try {
      const { status } = await key.fetch(url, { signal: AbortSignal.timeout(10_000) });
      counts[status === 200 ? "answered" : status === 401 || status === 403 ? "refused" : "failed"] += 1;
    } catch {
      counts.failed += 1;
    }
    await wait(40);
  }
  await key.close();
  console.log(JSON.stringify(counts));
  process.exit(0);
};

void main();
