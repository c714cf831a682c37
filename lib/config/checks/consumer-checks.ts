import { grades, isWeaker } from "../../rotation/gate/grades";
import type { AccountSchema } from "../schema/configuration-schema";
import { asObject, type Unchecked } from "../merge";
import { listOf, type Path, type Report, valid } from "./parts";

/** What the consumers that are written in one place say beside each other, and each in its own members. */
export const checkConsumers = (schema: AccountSchema, gate: Unchecked, path: Path, report: Report): void => {
  const consumer = schema.shape.gate.shape.consumers.element.shape;
  const consumers = listOf(gate["consumers"]).map(asObject);
  const names = consumers.map((one) => valid(consumer.name, one["name"]));
  names.forEach((name, i) => {
    const first = names.indexOf(name);
    if (name !== null && first < i)
      report([...path, i, "name"], `is the name of consumers/${first} as well: give each its own`);
  });
  consumers.forEach((one, i) => {
    const platform = valid(consumer.platform, one["platform"]) ?? null;
    if (platform === null) return;
    if (one["proof"] === "required")
      report([...path, i, "platform"], 'proves no key, and proof is "required": leave one of them out');
    if (platform.kind === "appService" && platform.restart && !platform.refresh)
      report([...path, i, "platform", "restart"], "needs refresh: a restart alone reads no new version");
  });
};

/** A consumer on a platform is good by no more than `platform`, so its gate would never open. */
export const checkEvidence = (schema: AccountSchema, gate: Unchecked, path: Path, report: Report): void => {
  const { consumers, leastEvidence } = schema.shape.gate.shape;
  const least = valid(leastEvidence, gate["leastEvidence"]);
  if (least === null || !isWeaker("platform", least)) return;
  listOf(gate["consumers"]).forEach((one, i) => {
    const platform = valid(consumers.element.shape.platform, asObject(one)["platform"]) ?? null;
    if (platform === null) return;
    const remedy = `set gate.leastEvidence to one of ${grades.slice(grades.indexOf("platform")).join(", ")}`;
    report([...path, i, "platform"], `is weaker evidence than gate.leastEvidence demands (${least}): ${remedy}`);
  });
};
