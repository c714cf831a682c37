import { safetyRules } from "./rules";

const simulated = (conditions: readonly string[]): string =>
  conditions.length === 0
    ? "simulation"
    : `simulation, in histories with ${conditions.map((name) => `\`${name}\``).join(", ")}`;

/** The rows of docs/safety.md. */
export const ruleRows = (): string =>
  safetyRules
    .map(({ rule, without, caughtBy }) => {
      const by =
        "simulation" in caughtBy
          ? simulated(caughtBy.simulation)
          : `\`${caughtBy.jest}\`: ${caughtBy.test.replaceAll("|", ", ")}`;
      return `| ${rule} | ${without} | ${by} |`;
    })
    .join("\n");
