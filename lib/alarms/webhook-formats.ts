import { type Announcement, clearedKind, isAlarm } from "../rotation/events/events";

/** The kind an event is about: `AlarmCleared` carries the alarm that has ended in its reason. */
const factsOf = ({ account, rotationId, reason, at, by }: Announcement): readonly (readonly [string, string])[] => {
  const facts: readonly (readonly [string, string | null])[] = [
    ["Account", account],
    ["Reason", reason],
    ["Rotation", rotationId],
    ["At", at],
    ["By", by],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
};

const titleOf = ({ event, account, reason }: Announcement): string => {
  const what = event === "AlarmCleared" ? `${reason ?? "Alarm"} has ended` : event;
  return account === null ? what : `${what}: ${account}`;
};

/** CloudEvents 1.0, structured JSON. */
export const cloudEvent = (event: Announcement, site: string) => ({
  specversion: "1.0",
  id: event.id,
  type: `batch-key-rotator.${event.event}`,
  source: `/batch-key-rotator/${encodeURIComponent(site)}`,
  // A subject may be absent, but not null.
  ...(event.account === null ? {} : { subject: event.account }),
  time: event.at,
  datacontenttype: "application/json",
  data: {
    event: event.event,
    at: event.at,
    account: event.account,
    rotationId: event.rotationId,
    reason: event.reason,
    detail: event.detail,
    by: event.by,
    ...clearedKind(event),
  },
});

/**
 * A text block and a fact of an Adaptive Card are Markdown, and `{{…}}` in them is a macro. An app's text must show
 * neither a link nor a heading of its own.
 */
const asMarkdown = (text: string): string =>
  text.replaceAll(/[\\`*_~[\]{}<>]/g, String.raw`\$&`).replaceAll(/^(\s*\d*)([-+#.)])(?=[\s#]|$)/gm, String.raw`$1\$2`);

/** An Adaptive Card, as a Teams workflow takes it. */
export const teamsMessage = (event: Announcement) => ({
  type: "message",
  attachments: [
    {
      contentType: "application/vnd.microsoft.card.adaptive",
      contentUrl: null,
      content: {
        $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        type: "AdaptiveCard",
        version: "1.4",
        body: [
          {
            type: "TextBlock",
            text: asMarkdown(titleOf(event)),
            weight: "Bolder",
            size: "Medium",
            wrap: true,
            color: isAlarm(event.event) ? "Attention" : "Good",
          },
          { type: "TextBlock", text: asMarkdown(event.detail), wrap: true },
          { type: "FactSet", facts: factsOf(event).map(([title, value]) => ({ title, value: asMarkdown(value) })) },
        ],
      },
    },
  ],
});

/** Slack's mark-up gives these three a meaning. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * As much of the text as fits in `most` characters once it is escaped; neither a character nor an escape is cut in two.
 */
const fitted = (text: string, most: number): string => {
  let fits = "";
  for (const character of text) {
    const next = fits + escaped(character);
    if (next.length > most) break;
    fits = next;
  }
  return fits;
};

/** Block Kit, with its limits: 150 characters in a header, 3,000 in a section, 2,000 in a field. */
export const slackMessage = (event: Announcement) => ({
  text: escaped(titleOf(event)),
  blocks: [
    { type: "header", text: { type: "plain_text", text: titleOf(event).slice(0, 150) } },
    { type: "section", text: { type: "mrkdwn", text: fitted(event.detail, 3_000) } },
    {
      type: "section",
      fields: factsOf(event).map(([name, value]) => ({
        type: "mrkdwn",
        text: `*${name}*\n${fitted(value, 1_900)}`,
      })),
    },
  ],
});
