import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(__dirname, "../..");

/** oxlint's findings, as `file: rule`, in an otherwise empty project with these files and this project's rules. */
const lint = (files: Readonly<Record<string, string>>): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), "lint-directions-"));
  try {
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    for (const [file, source] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), source);
    }
    const { stdout } = spawnSync(
      join(root, "node_modules/.bin/oxlint"),
      ["--format", "json", "functions", "lib", "cli"],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    const report: { readonly diagnostics: readonly { readonly code: string; readonly filename: string }[] } =
      JSON.parse(stdout);
    return report.diagnostics.map(({ code, filename }) => `${filename}: ${code}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const uses = (from: string): string => `import { thing } from "${from}";\n\nexport const used = thing;\n`;

const importRule = "eslint(no-restricted-imports)";
const globalRule = "eslint(no-restricted-globals)";

describe("lint reports a dependency in the wrong direction", () => {
  it.each([
    ["the domain on an SDK", "lib/rotation/gate/gate.ts", "@azure/arm-batch"],
    ["the domain on a part of another SDK", "lib/rotation/gate/gate.ts", "@azure/core-rest-pipeline"],
    ["the domain on Node", "lib/rotation/gate/gate.ts", "node:fs"],
    ["the domain on the ports", "lib/rotation/gate/gate.ts", "../../ports/ports"],
    ["the domain on a schema library", "lib/rotation/gate/gate.ts", "zod"],
    ["a use case on an adapter", "lib/driver/advance.ts", "../azure/batch/batch-keys"],
    ["a use case on an SDK", "lib/driver/advance.ts", "@azure/data-tables"],
    ["a use case on the composition", "lib/driver/advance.ts", "../compose"],
    ["the driver on the signals", "lib/driver/advance.ts", "../signals/receive-signal"],
    ["the driver on an operation", "lib/driver/advance.ts", "../operations/tick"],
    ["the signals on an operation", "lib/signals/receive-signal.ts", "../operations/tick"],
    ["the sights on an operation", "lib/sights/look-around.ts", "../operations/tick"],
    ["the sights on the signals", "lib/sights/look-around.ts", "../signals/store-signal"],
    ["the driver on the events", "lib/driver/advance.ts", "../events/look"],
    ["the events on an adapter", "lib/events/look.ts", "../azure/tables/tables"],
    ["the events on the signals", "lib/events/look.ts", "../signals/receive-signal"],
    ["the events on an operation", "lib/events/look.ts", "../operations/tick/tick"],
    ["discovery on an operation", "lib/discovery/ask-graph.ts", "../operations/tick"],
    ["discovery on an adapter", "lib/discovery/ask-graph.ts", "../azure/tables/tables"],
    ["the history on the driver", "lib/history/read-history.ts", "../driver/advance"],
    ["an operation on the configuration", "lib/operations/tick/tick.ts", "../../config/settings/settings"],
    ["a port on the driver", "lib/ports/rotations.ts", "../driver/advance"],
    ["a port on an adapter", "lib/ports/rotations.ts", "../azure/tables/tables"],
    ["a port on an SDK", "lib/ports/batch-keys.ts", "@azure/arm-batch"],
    ["a port on the composition", "lib/ports/ports.ts", "../app"],
    ["a base file on the driver", "lib/app.ts", "./driver/advance"],
    ["a use case on a trigger", "lib/driver/advance.ts", "../../functions/http"],
    ["the composition on an SDK", "lib/compose.ts", "@azure/identity"],
    ["the composition on a trigger", "lib/compose.ts", "../functions/http"],
    ["an adapter on a use case", "lib/azure/batch/batch-keys.ts", "../../driver/advance"],
    ["an adapter on the steps", "lib/azure/batch/batch-keys.ts", "../../driver/steps"],
    ["an adapter on the tick", "lib/azure/batch/batch-keys.ts", "../../operations/tick"],
    ["an adapter on the composition", "lib/azure/batch/batch-keys.ts", "../../compose"],
    ["an adapter on a trigger", "lib/azure/batch/batch-keys.ts", "../../../functions/http"],
    ["an adapter on the adapter of another service", "lib/azure/batch/batch-keys.ts", "../tables/tables"],
    ["an alarm adapter on a use case", "lib/alarms/webhook.ts", "../driver/advance"],
    ["a trigger on an adapter", "functions/list-accounts.ts", "../lib/azure/batch/batch-keys"],
    ["a trigger on an SDK", "functions/list-accounts.ts", "@azure/arm-batch"],
    ["the domain on a part of Node", "lib/rotation/gate/gate.ts", "node:timers/promises"],
    ["the domain on Node without its prefix", "lib/rotation/gate/gate.ts", "fs"],
    ["the domain on random ids", "lib/rotation/gate/gate.ts", "ulid"],
    ["the domain on an adapter", "lib/rotation/gate/gate.ts", "../../azure/batch/batch-keys"],
    ["the domain on the configuration", "lib/rotation/gate/gate.ts", "../../config/settings/reader"],
    ["the domain on a trigger", "lib/rotation/gate/gate.ts", "../../../functions/http"],
    ["a top-level file of the domain on the ports", "lib/rotation/record.ts", "../ports/ports"],
    ["the configuration on an SDK", "lib/config/settings/reader.ts", "@azure/identity"],
    ["the configuration on an adapter", "lib/config/settings/reader.ts", "../../azure/tables/tables"],
    ["the configuration on a trigger", "lib/config/settings/reader.ts", "../../../functions/http"],
    ["a health adapter on an SDK", "lib/signals/health-client.ts", "@azure/identity"],
    ["a health adapter on an operation", "lib/signals/health-client.ts", "../operations/tick"],
    ["an alarm adapter on an SDK", "lib/alarms/webhook.ts", "@azure/identity"],
    ["an adapter on another use case", "lib/azure/tables/tables.ts", "../../operations/rotate-on-demand"],
    ["a trigger on an alarm adapter", "functions/list-accounts.ts", "../lib/alarms/webhook"],
    ["the command line on a trigger", "cli/client.ts", "../functions/http"],
    ["the command line on the driver", "cli/client.ts", "../lib/driver/advance"],
    ["the command line on an adapter", "cli/commands/status.ts", "../../lib/azure/tables/tables"],
    ["a rule on the command line", "lib/rotation/gate/gate.ts", "../../../cli/client"],
    ["an operation on the command line", "lib/operations/operate-account.ts", "../../cli/client"],
    ["a step on an adapter", "lib/driver/steps/steps.ts", "../../azure/batch/batch-keys"],
    ["a step on an operation", "lib/driver/steps/steps.ts", "../../operations/tick/tick"],
    ["a step on an SDK", "lib/driver/steps/steps.ts", "@azure/arm-batch"],
    ["a step on the composition", "lib/driver/steps/steps.ts", "../../compose"],
    ["a step on a trigger", "lib/driver/steps/steps.ts", "../../../functions/http"],
    ["the tick on an adapter", "lib/operations/tick/tick.ts", "../../azure/tables/tables"],
    ["the tick on the page", "lib/operations/tick/tick.ts", "../../page/answer"],
    ["the tick on a trigger", "lib/operations/tick/tick.ts", "../../../functions/http"],
    ["a model of the page on the driver", "lib/page/model/read-list.ts", "../../driver/advance"],
    ["markup on the configuration", "lib/page/markup/html.ts", "../../config/accounts"],
    ["a row on a use case", "lib/azure/tables/rows/rotation-row.ts", "../../../driver/advance"],
    ["a row on the adapter of another service", "lib/azure/tables/rows/rotation-row.ts", "../../batch/batch-keys"],
    ["a row on a trigger", "lib/azure/tables/rows/rotation-row.ts", "../../../../functions/http"],
    ["a trigger on the core of an SDK", "functions/list-accounts.ts", "@azure/core-rest-pipeline"],
  ])("%s: %s imports %s", (_what, file, from) => {
    expect(lint({ [file]: uses(from) })).toEqual([`${file}: ${importRule}`]);
  });
  it.each([
    ["a type of an SDK", "lib/rotation/gate/gate.ts", 'export type { TokenCredential } from "@azure/identity";\n'],
    ["a re-export", "lib/rotation/gate/gate.ts", 'export { thing } from "../../ports/ports";\n'],
  ])("also for %s", (_what, file, source) => {
    expect(lint({ [file]: source })).toEqual([`${file}: ${importRule}`]);
  });

  it.each([
    ["the settings", "export const used = process.env;\n"],
    ["the network", 'export const used = () => fetch("https://example.com");\n'],
    ["a timer", "export const used = () => setTimeout(() => 1, 1);\n"],
    ["the console", "export const used = () => console.log(1);\n"],
  ])("the domain uses %s", (_what, source) => {
    expect(lint({ "lib/rotation/gate/gate.ts": source })).toEqual([`lib/rotation/gate/gate.ts: ${globalRule}`]);
  });
});

test("an import cycle is reported, types included", () => {
  const found = lint({
    "lib/driver/advance.ts": 'import type { B } from "./steps/steps";\n\nexport type A = B | null;\n',
    "lib/driver/steps/steps.ts": 'import type { A } from "../advance";\n\nexport type B = readonly A[];\n',
  });
  expect(found).toEqual(expect.arrayContaining(["lib/driver/advance.ts: import(no-cycle)"]));
});

test("dependencies in the allowed direction pass", () => {
  expect(
    lint({
      "lib/rotation/gate/gate.ts": uses("../phases"),
      "lib/rotation/gate/consumers.ts": uses("../time/time"),
      "lib/rotation/claim.ts": uses("./time/time"),
      "lib/rotation/time/window.ts": uses("luxon"),
      "lib/driver/advance.ts": uses("../rotation/gate/gate"),
      "lib/operations/tick/tick.ts": uses("../../driver/advance"),
      "lib/driver/steps/steps.ts": uses("../../ports/ports"),
      "lib/ports/rotations.ts": uses("../rotation/record"),
      "lib/ports/batch-keys.ts": uses("../batch-key"),
      "lib/ports/ports.ts": uses("./rotations"),
      "lib/compose.ts": uses("./azure/batch/batch-keys"),
      "lib/azure/batch/batch-keys.ts": uses("@azure/arm-batch"),
      "lib/azure/tables/tables.ts": uses("../../ports/rotations"),
      "lib/azure/tables/rows/rotation-row.ts": uses("../../sdk/failures/refusals"),
      "lib/azure/sdk/failures/refusals.ts": uses("../../../remedies"),
      "lib/azure/tables/rows/rows.ts": uses("../tables"),
      "lib/azure/tables/rows/sight-rows.ts": uses("../../../rotation/gate/sightings"),
      "lib/driver/history/outbox-relay.ts": uses("../lease"),
      "lib/config/checks/parts.ts": uses("../schema/defaults"),
      "lib/config/schema/defaults.ts": uses("../../rotation/time/units"),
      "lib/config/accounts.ts": uses("../parsed"),
      "cli/effects.ts": uses("../lib/rotation/attention/who-acts"),
      "functions/http.ts": uses("@azure/functions"),
      "functions/list-accounts.ts": uses("../lib/compose"),
    }),
  ).toEqual([]);
});
