import { countsText, runCommand } from "./command-line";
import { aborted, interruption } from "./interruption";
import { openScreen, type Screen } from "./screen";
import { openStage, type Stage } from "./stage";
import { type AccountPlan, accountPlans } from "./staged-accounts";

const help = `Runs the rotator on this machine, with emulated Azure services and two apps that use the keys.
Ctrl-C stops it.

  npm start -- [options]

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
const invitation = ({ rotator: { url }, keyOf, functions }: Stage): string => {
  const onDemand = plans.find((plan) => plan.onDemand)?.name ?? "";
  const first = plans[0]?.name ?? "";
  const page = functions.includes("dashboard") ? [`Page      ${url}/dashboard?code=${keyOf("dashboard")}`] : [];
  return [
    "",
    ...page,
    `Accounts  ${url}/accounts?code=${keyOf("listAccounts")}`,
    "",
    "Show one account:",
    `  curl -s '${url}/accounts/${first}' -H 'x-functions-key: ${keyOf("accountStatus")}'`,
    "Start a rotation on demand:",
    `  curl -s -X POST '${url}/accounts/${onDemand}/rotations' -H 'x-functions-key: ${keyOf("rotateOnDemand")}' \\`,
    `    -H 'content-type: application/json' -d '{"reason":"a first rotation"}'`,
    "",
    "Ctrl-C stops everything.",
    "",
  ].join("\n");
};

const clockTime = (at: Date): string => at.toTimeString().slice(0, 8);

const showCounts = (screen: Screen, stage: Stage): void =>
  screen.progress(`${clockTime(new Date())}  ${countsText(stage)}`);

const open = (app: string, port: number, screen: Screen): Promise<Stage> => {
  const width = Math.max(...plans.map(({ name }) => name.length));
  return openStage({
    plans,
    app,
    port,
    onEvent: ({ event, account, at, detail }) => {
      if (event !== "AccountState") {
        const time = clockTime(new Date(at));
        screen.line(`${time}  ${account.padEnd(width)}  ${event.padEnd(17)}  ${detail}`.trimEnd());
      }
    },
    onNotice: (text) => screen.line(text),
    onLine: (name, line) => screen.keep(`${name}: ${line}`),
  });
};

/** Null after Ctrl-C; otherwise the problem. */
const run = async (app: string, port: number, screen: Screen, interrupted: AbortSignal): Promise<string | null> => {
  const stage = await open(app, port, screen);
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

void runCommand(help, async ({ app, keepOutput }) => {
  const port = portFrom(process.env["PORT"]);
  const interrupted = interruption();
  const screen = openScreen({ keepFile: keepOutput, progressEveryMs: 0 });
  screen.line("Starting emulated Azure services, the app, and two apps that use the keys …");
  for (const { name, story } of plans) {
    screen.line(`  ${name}: ${story}`);
  }
  const problem = await run(app, port, screen, interrupted).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  // A failure during the shutdown has no meaning.
  const failed = problem !== null && !interrupted.aborted;
  screen.line(failed ? `Failed: ${problem}` : "\nStopped.");
  await screen.end();
  return failed ? 1 : 0;
});
