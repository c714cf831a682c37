import { safetyRules } from "./rules";

/** The rows of docs/safety.md. */
export const ruleRows = (): string =>
  safetyRules
    .map(({ rule, without, caughtBy }) => {
      const by =
        "simulation" in caughtBy ? "simulation" : `\`${caughtBy.jest}\`: ${caughtBy.test.replaceAll("|", ", ")}`;
      return `| ${rule} | ${without} | ${by} |`;
    })
    .join("\n");
