import type { TaggedConsumer } from "./discovery-config";

type ParsedConsumers =
  | { readonly kind: "consumers"; readonly consumers: readonly TaggedConsumer[] }
  | { readonly kind: "invalid"; readonly problem: string };

const form = "names with an optional number of instances, such as render-api:2 nightly-etl";

/** `render-api:2 nightly-etl`: names, each with a number of instances where it has more than one. */
export const parseConsumers = (tag: string | null): ParsedConsumers => {
  const items = (tag ?? "").split(/[\s,;]+/).filter((item) => item !== "");
  const consumers: TaggedConsumer[] = [];
  for (const [i, item] of items.entries()) {
    const [, name, instances] = /^([A-Za-z0-9._-]{1,64})(?::(0|[1-9]\d{0,3}))?$/.exec(item) ?? [];
    if (name === undefined) return invalid(`item ${i + 1} of the tag for consumers is none of them: write ${form}`);
    if (consumers.some((other) => other.name === name))
      return invalid(`item ${i + 1} of the tag for consumers repeats a name: write ${form}`);
    consumers.push({ name, instances: instances === undefined ? null : Number(instances) });
  }
  return { kind: "consumers", consumers };
};

const invalid = (problem: string): ParsedConsumers => ({ kind: "invalid", problem });
