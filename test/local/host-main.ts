import { parseArgs } from "node:util";
import { startHost } from "./functions-host";
import { readAppFolder } from "./host/app-folder";
import { errorText, jsonLines } from "./host/host-log";

const stopGraceMs = 10_000;

/**
 * A small Functions host for one app. Its function keys are `LOCAL_FUNCTION_KEYS`, JSON of the form
 * `{ "master", "host", "functions": { name: key } }`; missing keys are generated.
 */
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { app: { type: "string", default: "." }, port: { type: "string", default: "7071" } },
  });
  const app = readAppFolder(values.app);
  const log = jsonLines(app.logLevel, (line) => console.log(line));
  const givenKeys = process.env["LOCAL_FUNCTION_KEYS"];
  // The keys belong to the host: an app cannot read them, as in Azure.
  delete process.env["LOCAL_FUNCTION_KEYS"];
  process.env["AzureWebJobsScriptRoot"] = app.folder;
  process.env["FUNCTIONS_WORKER_RUNTIME"] ??= "node";
  process.env["AZURE_FUNCTIONS_ENVIRONMENT"] ??= "Development";
  process.chdir(app.folder);

  const host = await startHost({
    app,
    port: Number(values.port),
    env: process.env,
    givenKeys,
    log,
    onTimeout: (name) => {
      log("critical", "Host", `function '${name}' ran longer than functionTimeout: the worker ends`);
      process.exit(70);
    },
  });
  const { port, functions, inError } = host;
  console.log(JSON.stringify({ event: "HostStarted", port, loaded: [app.entryPoint], functions, inError }));

  let stopping = false;
  const stop = (): void => {
    if (!stopping) {
      stopping = true;
      host.stop(stopGraceMs).then(
        () => process.exit(0),
        (problem: unknown) => {
          log("error", "Host", `stop failed: ${errorText(problem)}`);
          process.exit(1);
        },
      );
    }
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
};

const causeText = (problem: unknown): string =>
  problem instanceof Error && problem.cause !== undefined ? `: ${errorText(problem.cause)}` : "";

main().catch((problem: unknown) => {
  const message = problem instanceof Error ? `${problem.message}${causeText(problem)}` : String(problem);
  jsonLines("trace", (line) => console.error(line))("critical", "Host.Startup", message);
  process.exit(1);
});
