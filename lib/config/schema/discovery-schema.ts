import * as z from "zod";
import type { DiscoveryConfig } from "../../rotation/discovery/discovery-config";
import { parseDuration } from "../../rotation/time/duration";
import { days, minutes, seconds } from "../../rotation/time/units";
import { duration, mustBe, type SchemaOptions, text, withBounds } from "./field-types";
import { guidPattern } from "./identity-fields";
import { asObject, type Unchecked } from "../merge";
import { type Report, valid } from "../checks/parts";

/** Narrower than what Azure allows: it becomes part of a query. */
const tagName = text("the name of a tag: 1 to 128 letters, digits, ., _, :, - and spaces", /^\w[\w.: -]{0,127}$/);

const defaultTags = { tag: "batch-key-rotator", consumersTag: "batch-key-consumers" } as const;

/** Resource Graph takes no more subscriptions in one query (learn.microsoft.com/azure/governance/resource-graph). */
const maxSubscriptions = 1000;
const maxManagementGroups = 10;

const scopeForm = "an object with either managementGroups or subscriptions";

const scope = z.union(
  [
    z.strictObject({
      managementGroups: z
        .array(text("the id of a management group, 1 to 90 of a-z, A-Z, 0-9, -, _, (, ) and .", /^[\w().-]{1,90}$/), {
          error: mustBe("a list of management groups' ids"),
        })
        .min(1, { error: mustBe("a list of at least one management group") })
        .max(maxManagementGroups, { error: mustBe(`a list of at most ${maxManagementGroups} management groups`) })
        .meta({ description: "Ids of management groups, not their display names.", examples: [["platform"]] }),
    }),
    z.strictObject({
      subscriptions: z
        .array(text("the id of a subscription, a GUID", new RegExp(`^${guidPattern}$`)), {
          error: mustBe("a list of subscriptions' ids"),
        })
        .min(1, { error: mustBe("a list of at least one subscription") })
        .max(maxSubscriptions, {
          error: mustBe(`a list of at most ${maxSubscriptions} subscriptions; for more, name a management group`),
        })
        .meta({ description: "Ids of subscriptions.", examples: [["00000000-0000-0000-0000-000000000000"]] }),
    }),
  ],
  { error: mustBe(scopeForm) },
);

export const discoverySchema = ({ emulated }: Pick<SchemaOptions, "emulated">) => {
  const shortestMs = emulated ? seconds(1) : minutes(1);
  return z
    .strictObject(
      {
        tag: tagName.default(defaultTags.tag).meta({
          description: "A Batch account with this tag is rotated by the profile that the tag's value names.",
          examples: ["key-rotation"],
        }),
        consumersTag: tagName.default(defaultTags.consumersTag).meta({
          description: "The value of this tag names the account's consumers: render-api:2 nightly-etl.",
          examples: ["key-consumers"],
        }),
        scope: scope.meta({
          description: "Where accounts are looked for: managementGroups or subscriptions.",
          examples: [{ managementGroups: ["platform"] }],
        }),
        every: duration(shortestMs, days(1))
          .default("PT15M")
          .meta({
            description: withBounds("How often Resource Graph is asked.", shortestMs, days(1)),
            examples: ["PT1H"],
          }),
      },
      { error: mustBe("an object with scope") },
    )
    .meta({
      description: "Accounts that are found by a tag, beside those of the list.",
      examples: [{ scope: { managementGroups: ["platform"] } }],
    });
};

/** How the parts of `discovery` go together, and with `profiles`. */
export const checkDiscovery = ({ discovery, profiles }: Unchecked, report: Report): void => {
  if (discovery === undefined) return;
  const { tag, consumersTag } = { ...defaultTags, ...asObject(discovery) };
  const name = valid(tagName, tag)?.toLowerCase();
  if (name !== undefined && name === valid(tagName, consumersTag)?.toLowerCase())
    report(["discovery", "consumersTag"], "is the same tag as tag: give it a name of its own");
  if (Object.keys(asObject(profiles)).length === 0)
    report(["discovery"], "has no profile that a tag could name: give at least one under profiles");
};

/** Of a `discovery` that the schema has let through. */
export const resolveDiscovery = ({
  every,
  ...discovery
}: z.infer<ReturnType<typeof discoverySchema>>): DiscoveryConfig => ({
  ...discovery,
  everyMs: parseDuration(every) ?? Number.NaN,
});
