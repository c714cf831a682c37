import { type CommandOptions, countsText, runCommand } from "./command-line";
import { aborted, interruption } from "./interruption";
import { openScreen, type Screen } from "./screen";
import { openStage, type Stage } from "./stage";
import { type AccountPlan, accountPlans } from "./staged-accounts";

const help = `Runs the rotator on this machine, with emulated Azure services and two apps that use the keys.
Ctrl-C stops it.

  npm start -- [options]

  --stuck                suspend one app after the adoption, as if its machine was removed: accounts wait for it
  --app <folder>         another build of the app (default: this project)
  --keep-output <file>   write the output of all processes to this file
  --help

PORT: the port of the app (default 7071).`;

const defaultPort = 7071;
const countEveryMs = 10_000;

/** The first account rotates every minute, so that there is always something to see. */
const plans: readonly AccountPlan[] = accountPlans.map((plan, index) =>
  index === 0 ? { ...plan, story: "rotates every minute", config: { ...plan.config, rotateEvery: "PT1M" } } : plan,
);

const portFrom = (text: string | undefined): number => {
  const port = text === undefined || text === "" ? defaultPort : Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`setting PORT is '${text ?? ""}': it must be a port number`);
  }
  return port;
};

/** Commands for another terminal. */
const invitation = ({ rotator: { url }, keyOf, hostKey, functions }: Stage): string => {
  const onDemand = plans.find((plan) => plan.onDemand)?.name ?? "";
  const page = functions.includes("dashboard") ? [`Page      ${url}/dashboard?code=${keyOf("dashboard")}`] : [];
  return [
    "",
    ...page,
    `Accounts  ${url}/accounts?code=${keyOf("listAccounts")}`,
    "",
    "In another terminal, in this folder:",
    `  export ROTATOR_URL=${url} ROTATOR_KEY=${hostKey}`,
    "  npx batch-key-rotator status",
    `  npx batch-key-rotator rotate ${onDemand} --reason "a first rotation"`,
    "",
    "Ctrl-C stops everything.",
    "",
  ].join("\n");
};

const clockTime = (at: Date): string => at.toTimeString().slice(0, 8);

const showCounts = (screen: Screen, stage: Stage): void =>
  screen.progress(`${clockTime(new Date())}  ${countsText(stage)}`);

interface Opening {
  readonly app: string;
  readonly port: number;
  readonly screen: Screen;
  /** Called with each event of a rotation. */
  readonly onEvent: (event: string) => void;
}

const open = ({ app, port, screen, onEvent }: Opening): Promise<Stage> => {
  const width = Math.max(...plans.map(({ name }) => name.length));
  return openStage({
    plans,
    app,
    port,
    onEvent: ({ event, account, at, detail }) => {
      onEvent(event);
      if (event !== "AccountState") {
        const time = clockTime(new Date(at));
        screen.line(`${time}  ${account.padEnd(width)}  ${event.padEnd(17)}  ${detail}`.trimEnd());
      }
    },
    onNotice: (text) => screen.line(text),
    onLine: (name, line) => screen.keep(`${name}: ${line}`),
  });
};

/** The app that `--stuck` suspends. */
const stuckApp = "nightly-etl";

/** Calls `then` once every account is adopted. */
const afterAdoption = (then: () => void): ((event: string) => void) => {
  let left = plans.length;
  return (event) => {
    if (event !== "Adopted") return;
    left -= 1;
    if (left === 0) then();
  };
};

const nothing = (): void => undefined;

interface Run {
  readonly app: string;
  readonly port: number;
  readonly screen: Screen;
  readonly stuck: boolean;
}

/** Null after Ctrl-C; otherwise the problem. */
const run = async ({ app, port, screen, stuck }: Run, interrupted: AbortSignal): Promise<string | null> => {
  let suspend = nothing;
  const stage = await open({ app, port, screen, onEvent: afterAdoption(() => suspend()) });
  if (stuck) {
    suspend = () => {
      stage.suspend(stuckApp);
      screen.line(`${stuckApp} is suspended: accounts wait for it`);
    };
  }
  const counting = setInterval(() => showCounts(screen, stage), process.stdout.isTTY ? 500 : countEveryMs);
  try {
    if (!interrupted.aborted) screen.line(invitation(stage));
    return await Promise.race([stage.broken, aborted(interrupted).then(() => null)]);
  } finally {
    clearInterval(counting);
    await stage.close();
    showCounts(screen, stage);
  }
};

const start = async ({ app, keepOutput, own: stuck }: CommandOptions): Promise<number> => {
  const port = portFrom(process.env["PORT"]);
  const interrupted = interruption();
  const screen = openScreen({ keepFile: keepOutput, progressEveryMs: 0 });
  screen.line("Starting emulated Azure services, the app, and two apps that use the keys …");
  for (const { name, story } of plans) {
    screen.line(`  ${name}: ${story}`);
  }
  const problem = await run({ app, port, screen, stuck }, interrupted).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  // A failure during the shutdown has no meaning.
  const failed = problem !== null && !interrupted.aborted;
  screen.line(failed ? `Failed: ${problem}` : "\nStopped.");
  await screen.end();
  return failed ? 1 : 0;
};

void runCommand(help, start, "stuck");
