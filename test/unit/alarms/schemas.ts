import Ajv, { type ValidateFunction } from "ajv";

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
// RFC 3339; RFC 3986 without the characters that must be escaped.
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
ajv.addFormat("uri-reference", /^([\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/);

const text = { type: "string", minLength: 1 } as const;

/** An object with these members, of which some are required, and no others. */
const objectWith = (required: readonly string[], properties: object) => ({
  type: "object",
  required,
  additionalProperties: false,
  properties,
});

/**
 * The attributes of the CloudEvents 1.0 JSON schema and specification: names are lower-case letters and digits. Other
 * attributes are not allowed here.
 */
export const cloudEvents: ValidateFunction = ajv.compile({
  type: "object",
  required: ["id", "source", "specversion", "type"],
  additionalProperties: false,
  propertyNames: { pattern: "^[a-z0-9]{1,20}$" },
  properties: {
    id: text,
    source: { ...text, format: "uri-reference" },
    specversion: { const: "1.0" },
    type: text,
    subject: text,
    time: { ...text, format: "date-time" },
    datacontenttype: { type: "string", pattern: "^[a-z]+/[a-z0-9.+-]+$" },
    data: { type: "object" },
  },
});

/** The message that a Teams workflow accepts: one Adaptive Card 1.4 of the elements used here. */
export const teamsMessages: ValidateFunction = ajv.compile({
  type: "object",
  required: ["type", "attachments"],
  additionalProperties: false,
  properties: {
    type: { const: "message" },
    attachments: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: objectWith(["contentType", "content"], {
        contentType: { const: "application/vnd.microsoft.card.adaptive" },
        contentUrl: { type: "null" },
        content: objectWith(["type", "version", "body"], {
          $schema: { const: "http://adaptivecards.io/schemas/adaptive-card.json" },
          type: { const: "AdaptiveCard" },
          version: { enum: ["1.0", "1.1", "1.2", "1.3", "1.4"] },
          body: {
            type: "array",
            minItems: 1,
            items: { oneOf: [{ $ref: "#/$defs/text" }, { $ref: "#/$defs/facts" }] },
          },
        }),
      }),
    },
  },
  $defs: {
    text: objectWith(["type", "text"], {
      type: { const: "TextBlock" },
      text,
      wrap: { type: "boolean" },
      weight: { enum: ["Default", "Lighter", "Bolder"] },
      size: { enum: ["Default", "Small", "Medium", "Large", "ExtraLarge"] },
      color: { enum: ["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"] },
    }),
    facts: objectWith(["type", "facts"], {
      type: { const: "FactSet" },
      facts: {
        type: "array",
        items: objectWith(["title", "value"], { title: text, value: text }),
      },
    }),
  },
});

const textObject = (kinds: readonly string[], maxLength: number) =>
  objectWith(["type", "text"], { type: { enum: kinds }, text: { ...text, maxLength } });

/**
 * A message in Block Kit for an incoming webhook, with the limits of the reference: 50 blocks, 10 fields, 150, 3,000
 * and 2,000 characters.
 */
export const slackMessages: ValidateFunction = ajv.compile(
  objectWith(["text", "blocks"], {
    text,
    blocks: {
      type: "array",
      minItems: 1,
      maxItems: 50,
      items: {
        oneOf: [
          objectWith(["type", "text"], { type: { const: "header" }, text: textObject(["plain_text"], 150) }),
          objectWith(["type", "text"], { type: { const: "section" }, text: textObject(["mrkdwn"], 3_000) }),
          objectWith(["type", "fields"], {
            type: { const: "section" },
            fields: { type: "array", minItems: 1, maxItems: 10, items: textObject(["mrkdwn"], 2_000) },
          }),
        ],
      },
    },
  }),
);

/** The validation errors; empty where the value is valid. */
export const problemsWith = (validate: ValidateFunction, value: unknown): readonly string[] =>
  validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
