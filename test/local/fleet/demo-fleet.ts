import { setTimeout as wait } from "node:timers/promises";
import type { CommandOptions } from "../command-line";
import { inSeconds } from "../demo-summary";
import { aborted, interruption } from "../interruption";
import { patience } from "../patience";
import { openScreen, type Screen } from "../screen";
import { plan } from "./fleet-plan";
import { type FleetStage, openFleetStage } from "./fleet-stage";
import { summaryOf, verdictOn } from "./fleet-summary";

const limitMs = 110_000 * patience;
const pollMs = 200;
/** A stopped fleet is watched for several runs of the timer: a rotation that starts all the same is seen. */
const watchedMs = 6_000;

interface Shown {
  readonly stage: FleetStage;
  readonly screen: Screen;
  readonly over: AbortSignal;
  /** A line with the time since the start. */
  readonly say: (what: string, text: string) => void;
}

const countsText = ({ stage: { ledger, apps } }: Shown): string =>
  `adopted ${ledger.adopted.size} of ${plan.accounts}, rotating ${ledger.rotating}, ` +
  `completed ${ledger.completed.size}, keys of apps refused ${apps.refused}`;

const until = async ({ over }: Shown, isSo: () => boolean): Promise<void> => {
  while (!isSo() && !over.aborted) await wait(pollMs, undefined, { signal: over }).catch(() => undefined);
};

/** The story, step by step. */
const tell = async (shown: Shown): Promise<void> => {
  const { stage, say, over } = shown;
  const { ledger, apps } = stage;
  say("before", `${plan.accounts} Batch accounts, all with a key of 61 days; the configuration lists none of them`);
  stage.tagAll();
  say("tags", `all ${plan.accounts} get the tag batch-key-rotator: standard; its profile rotates every 60 days`);
  await until(shown, () => ledger.adopted.size > 0);
  say("discovery", "Resource Graph shows the tags, and the apps of these accounts report: they are adopted");
  await until(shown, () => ledger.canariesCompletedAt !== null);
  say("canaries", `${plan.canaries.join(" and ")} have rotated; ${ledger.tooEarly.length} others started before`);
  await until(shown, () => ledger.completed.size >= plan.completedBeforeUpdate);
  say("waves", `${ledger.completed.size} have rotated, at most ${ledger.mostAtOnce} at once`);
  apps.updated = true;
  say("update", "an update of the apps: from now on each fails as soon as it reads a new key");
  await until(shown, () => ledger.stoppedAt !== null);
  say("stopped", ledger.stoppedBecause);
  await wait(watchedMs, undefined, { signal: over }).catch(() => undefined);
};

const run = async (shown: Shown, interrupted: AbortSignal): Promise<string | null> => {
  const tooLate = async (): Promise<string> => {
    await wait(limitMs, undefined, { signal: shown.over }).catch(() => undefined);
    return `not done within ${limitMs / 1000} s: ${countsText(shown)}`;
  };
  const stopped = async (): Promise<string> => {
    await aborted(interrupted);
    return "interrupted";
  };
  const stopAlarm = async (): Promise<string | null> => {
    await tell(shown);
    const waiting = await shown.stage.waiting();
    shown.screen.line(summaryOf(shown.stage, waiting));
    return verdictOn(shown.stage, waiting);
  };
  return Promise.race([stopAlarm(), shown.stage.broken, tooLate(), stopped()]);
};

const openAndRun = async (app: string, screen: Screen, interrupted: AbortSignal): Promise<string | null> => {
  const began = Date.now();
  const say = (what: string, text: string): void =>
    screen.line(`${inSeconds(Date.now() - began).padStart(7)}  ${what.padEnd(10)} ${text}`);
  const stage = await openFleetStage(app, (line) => screen.keep(`host: ${line}`));
  const ended = new AbortController();
  const shown = { stage, screen, say, over: AbortSignal.any([ended.signal, interrupted]) };
  const counting = setInterval(
    () => screen.progress(`${inSeconds(Date.now() - began).padStart(7)}  ${countsText(shown)}`),
    250,
  );
  try {
    return await run(shown, interrupted);
  } finally {
    ended.abort();
    clearInterval(counting);
    await stage.close();
  }
};

/** Tags 200 accounts, and shows that they are found, rotate after their canaries and in waves, and stop. */
export const demoFleet = async ({ app, keepOutput }: CommandOptions): Promise<number> => {
  const interrupted = interruption();
  const began = Date.now();
  const screen = openScreen({ keepFile: keepOutput, progressEveryMs: 3000 });
  const problem = await openAndRun(app, screen, interrupted).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  const took = inSeconds(Date.now() - began);
  if (interrupted.aborted) screen.line(`Stopped by Ctrl-C after ${took}.`);
  else if (problem === null)
    screen.line(`Done in ${took}: found, canaries first, in waves, stopped; no key was refused.`);
  else screen.line(`Failed after ${took}: ${problem}`);
  await screen.end();
  return interrupted.aborted ? 130 : problem === null ? 0 : 1;
};
