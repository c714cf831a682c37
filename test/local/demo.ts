import { setTimeout as wait } from "node:timers/promises";
import { countsText, runCommand } from "./command-line";
import { inSeconds, Milestones, summary } from "./demo-summary";
import { demoFleet } from "./fleet/demo-fleet";
import { type ManualRegeneration, maxRefusedMs, refusedCalls, regenerateManually } from "./manual-regeneration";
import { aborted, interruption } from "./interruption";
import { inOneLine } from "./rotator-client";
import { patience } from "./patience";
import { openScreen, type Screen } from "./screen";
import { openStage, type Stage } from "./stage";
import { type AccountPlan, accountPlans } from "./staged-accounts";

const help = `Rotates the keys of four emulated Batch accounts on this machine, while apps use them continuously.

  npm run demo -- [options]

  --fleet                200 accounts instead, which a tag finds: canaries, waves, and a fleet that is stopped
  --app <folder>         another build of the app (default: this project)
  --keep-output <file>   write the output of all processes to this file
  --help

At the end a person regenerates a key that the apps use. Event Grid reports it, and the rotator publishes the new one.

Exit code 0: every rotation completed, no call of an app was refused in a rotation, and after the person's regeneration
calls were refused for less than ${maxRefusedMs / 1000} seconds.

DEMO_PATIENCE: multiplies these limits, for a busy machine (default 1).`;

const limitMs = 120_000 * patience;
/** The time that the apps continue after the last rotation and after the repair: a failure after it is detected. */
const afterwardsMs = 3000;
/** The account whose key a person regenerates. */
const [, damaged] = accountPlans;
const pollMs = 500;

const began = Date.now();

/** Shows the transitions as the app logs them. */
const eventWriter = (screen: Screen, milestones: Milestones): Parameters<typeof openStage>[0]["onEvent"] => {
  const width = Math.max(...accountPlans.map(({ name }) => name.length));
  return (event) => {
    milestones.note(event);
    if (event.event !== "AccountState") {
      const at = inSeconds(Date.parse(event.at) - began).padStart(7);
      screen.line(`${at}  ${event.account.padEnd(width)}  ${event.event.padEnd(17)}  ${event.detail}`.trimEnd());
    }
  };
};

const showCounts = (screen: Screen, stage: Stage): void =>
  screen.progress(`${inSeconds(Date.now() - began).padStart(7)}  ${countsText(stage)}`);

/** Requests the rotations that do not start on schedule. True once a request is accepted. */
const askedFor = async (stage: Stage, plan: AccountPlan, screen: Screen): Promise<boolean> => {
  const { httpStatus, text } = await stage.rotator.rotate(plan.name, "demo: rotated on demand");
  screen.keep(`demo: POST accounts/${plan.name}/rotations answered ${httpStatus} ${text}`);
  return httpStatus === 202;
};

/** Watches one account until its rotation is completed. `waitsFor` receives the reason that it waits for. */
const completed = async (
  stage: Stage,
  plan: AccountPlan,
  screen: Screen,
  signal: AbortSignal,
  waitsFor: (text: string) => void,
): Promise<void> => {
  let mustAsk = plan.onDemand;
  while (!signal.aborted) {
    const { status, problem } = await stage.rotator.status(plan.name);
    waitsFor(status === null ? (problem ?? "no answer") : inOneLine(status));
    if (status?.phase === "idle" && status.lastRotation?.outcome === "completed") return;
    if (mustAsk && status?.phase === "idle") mustAsk = !(await askedFor(stage, plan, screen));
    await wait(pollMs, undefined, { signal }).catch(() => undefined);
  }
};

/** Null when every account has completed a rotation; otherwise the problem. */
const watch = async (
  stage: Stage,
  screen: Screen,
  interrupted: AbortSignal,
  regenerate: () => Promise<void>,
): Promise<string | null> => {
  const states = new Map<string, string>();
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, interrupted]);
  const counting = setInterval(() => showCounts(screen, stage), 250);
  const all = accountPlans.map((plan) => completed(stage, plan, screen, signal, (text) => states.set(plan.name, text)));
  const everyAccount = async (): Promise<null> => {
    await Promise.all(all);
    for (const step of [async () => undefined, regenerate]) {
      if (!signal.aborted) await step();
      await wait(afterwardsMs, undefined, { signal }).catch(() => undefined);
    }
    return null;
  };
  const tooLate = async (): Promise<string> => {
    await wait(limitMs - (Date.now() - began), undefined, { signal }).catch(() => undefined);
    const lines = [...states].map(([name, text]) => `\n  ${name}: ${text}`).join("");
    return `not done within ${limitMs / 1000} s:${lines}`;
  };
  const stopped = async (): Promise<string> => {
    await aborted(interrupted);
    return "interrupted";
  };
  try {
    return await Promise.race([everyAccount(), stage.broken, tooLate(), stopped()]);
  } finally {
    over.abort();
    clearInterval(counting);
    await Promise.all(all);
  }
};

const verdict = (problem: string | null, stage: Stage, manual: ManualRegeneration | null): string | null => {
  const { answered, lastProblem } = stage.counts();
  const { inRotations, afterManual, lastedMs } = refusedCalls(stage.counts(), manual);
  if (problem !== null) return problem;
  if (inRotations > 0) {
    return `${inRotations} consumer calls were refused`;
  }
  if (afterManual === 0) return "no person could regenerate a key in use";
  if (lastedMs >= maxRefusedMs) return `calls were refused for ${inSeconds(lastedMs)} after a person regenerated a key`;
  return answered === 0 ? `the consumers made no call: ${lastProblem ?? "no reason was given"}` : null;
};

const run = async (app: string, screen: Screen, interrupted: AbortSignal): Promise<string | null> => {
  const milestones = new Milestones(began);
  for (const { name, story } of accountPlans) {
    screen.line(`         ${name}: ${story}`);
  }
  const stage = await openStage({
    plans: accountPlans,
    app,
    port: 0,
    onEvent: eventWriter(screen, milestones),
    onNotice: (text) => screen.line(`         ${text}`),
    onLine: (name, line) => screen.keep(`${name}: ${line}`),
  });
  let problem: string | null = "the demo itself failed";
  let manual: ManualRegeneration | null = null;
  const regenerate = async (): Promise<void> => {
    manual = damaged === undefined ? null : await regenerateManually(stage, damaged);
    const what = manual === null ? "" : `a person regenerates the ${manual.slot} key, which the apps use`;
    screen.line(`${inSeconds(Date.now() - began).padStart(7)}  ${damaged?.name ?? ""}  ${what}`);
  };
  try {
    problem = await watch(stage, screen, interrupted, regenerate);
  } finally {
    await stage.close();
  }
  showCounts(screen, stage);
  const accounts = accountPlans.map(({ name }) => name);
  const refused = refusedCalls(stage.counts(), manual);
  screen.line(summary({ accounts, milestones, calls: stage.calls, counts: stage.counts(), refused }));
  return verdict(problem, stage, manual);
};

void runCommand(
  help,
  async (options) => {
    if (options.own) return demoFleet(options);
    const { app, keepOutput } = options;
    const interrupted = interruption();
    const screen = openScreen({ keepFile: keepOutput, progressEveryMs: 3000 });
    const problem = await run(app, screen, interrupted).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    const took = inSeconds(Date.now() - began);
    if (interrupted.aborted) {
      screen.line(`Stopped by Ctrl-C after ${took}.`);
    } else {
      screen.line(
        problem === null
          ? `Done in ${took}: every account completed a rotation, and no consumer call was refused in one.`
          : `Failed after ${took}: ${problem}`,
      );
    }
    await screen.end();
    return interrupted.aborted ? 130 : problem === null ? 0 : 1;
  },
  "fleet",
);
