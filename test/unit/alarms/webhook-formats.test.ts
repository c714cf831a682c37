import { cloudEvent, slackMessage, teamsMessage } from "../../../lib/alarms/webhook-formats";
import { alarmKinds, informationKinds, type RotationEvent } from "../../../lib/rotation/events/events";
import { aClearing, anAlarm } from "./event";
import { cloudEvents, problemsWith, slackMessages, teamsMessages } from "./schemas";

/** The value as it is sent. */
const sent = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

const everyKind: readonly RotationEvent[] = [...alarmKinds, ...informationKinds].map((event) => anAlarm({ event }));
const bare = anAlarm({ rotationId: null, reason: null });
/** The longest event: 4,000 characters that all need escaping. */
const longest = anAlarm({ account: "a".repeat(63), detail: "<&>".repeat(1_333), by: `operator:${"&".repeat(100)}` });

describe("a CloudEvent", () => {
  it("has source, type and time in its attributes, and the rest in its data", () => {
    expect(sent(cloudEvent(anAlarm(), "rotator-weu"))).toEqual({
      specversion: "1.0",
      id: "01JDF0000000000000000EVENT",
      type: "batch-key-rotator.RotationStalled",
      source: "/batch-key-rotator/rotator-weu",
      subject: "render-weu",
      time: "2026-11-24T10:00:00.000Z",
      datacontenttype: "application/json",
      data: {
        event: "RotationStalled",
        at: "2026-11-24T10:00:00.000Z",
        account: "render-weu",
        rotationId: "01JDF0000000000000000ROTAT",
        reason: "OnPreviousKey",
        detail: "in phase published for longer than P1D: render-api/vm-1 reported an old version",
        by: "schedule",
      },
    });
  });

  it("about the rotator as a whole is valid and has no subject", () => {
    const event = sent(cloudEvent({ ...anAlarm({ event: "ConfigurationInvalid" }), account: null }, "rotator-weu"));
    expect(event).toMatchObject({ type: "batch-key-rotator.ConfigurationInvalid", data: { account: null } });
    expect(event).not.toHaveProperty("subject");
    expect(problemsWith(cloudEvents, event)).toEqual([]);
  });

  it("about a cleared alarm names that alarm", () => {
    expect(sent(cloudEvent(aClearing(), "local"))).toMatchObject({
      type: "batch-key-rotator.AlarmCleared",
      source: "/batch-key-rotator/local",
      data: { kind: "RotationStalled" },
    });
  });

  it.each([...everyKind, bare, longest])("conforms to the specification for $event", (event) => {
    expect(problemsWith(cloudEvents, sent(cloudEvent(event, "röt at&or")))).toEqual([]);
  });
});

describe("a message for Teams", () => {
  it.each([
    ["a link", "see [here](https://evil.example)", String.raw`see \[here\](https://evil.example)`],
    ["emphasis", "**all** is _well_ ~now~ `x`", "\\*\\*all\\*\\* is \\_well\\_ \\~now\\~ \\`x\\`"],
    ["a macro", "{{DATE(2026-11-24)}}", String.raw`\{\{DATE(2026-11-24)\}\}`],
    ["mark-up", "<b>&</b>", String.raw`\<b\>&\</b\>`],
    ["a heading", "# all is well", String.raw`\# all is well`],
    ["a list", "1. one\n- two", "1\\. one\n\\- two"],
    ["an escape", String.raw`C:\*`, String.raw`C:\\\*`],
  ])("shows %s in an app's text as it is", (_what, detail, text) => {
    const card = sent(teamsMessage(anAlarm({ detail, by: `operator:${detail.replaceAll("\n", " ")}` })));
    expect(card).toMatchObject({ attachments: [{ content: { body: [{}, { text }, {}] } }] });
    expect(problemsWith(teamsMessages, card)).toEqual([]);
  });

  it("is a card with event, account, detail and facts", () => {
    expect(sent(teamsMessage(anAlarm()))).toMatchObject({
      attachments: [
        {
          content: {
            body: [
              { type: "TextBlock", text: "RotationStalled: render-weu", color: "Attention" },
              { type: "TextBlock", text: expect.stringContaining("for longer than P1D"), wrap: true },
              {
                type: "FactSet",
                facts: [
                  { title: "Account", value: "render-weu" },
                  { title: "Reason", value: "OnPreviousKey" },
                  { title: "Rotation", value: "01JDF0000000000000000ROTAT" },
                  { title: "At", value: "2026-11-24T10:00:00.000Z" },
                  { title: "By", value: "schedule" },
                ],
              },
            ],
          },
        },
      ],
    });
  });

  it("about a cleared alarm says that it has ended", () => {
    expect(sent(teamsMessage(aClearing()))).toMatchObject({
      attachments: [{ content: { body: [{ text: "RotationStalled has ended: render-weu", color: "Good" }, {}, {}] } }],
    });
    expect(sent(teamsMessage(aClearing({ reason: null })))).toMatchObject({
      attachments: [{ content: { body: [{ text: "Alarm has ended: render-weu" }, {}, {}] } }],
    });
  });

  it.each([...everyKind, bare, longest])("is an Adaptive Card that Teams accepts for $event", (event) => {
    const message = sent(teamsMessage(event));
    expect(problemsWith(teamsMessages, message)).toEqual([]);
    expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(28 * 1024);
  });
});

const textOf = (detail: string): string | undefined => slackMessage(anAlarm({ detail })).blocks[1]?.text?.text;

describe("a message for Slack", () => {
  it("escapes only the characters with a meaning in Slack", () => {
    const message = slackMessage(anAlarm({ detail: "<!channel> & *vm-1*", reason: "a<b" }));
    expect(sent(message)).toEqual({
      text: "RotationStalled: render-weu",
      blocks: [
        { type: "header", text: { type: "plain_text", text: "RotationStalled: render-weu" } },
        { type: "section", text: { type: "mrkdwn", text: "&lt;!channel&gt; &amp; *vm-1*" } },
        {
          type: "section",
          fields: [
            { type: "mrkdwn", text: "*Account*\nrender-weu" },
            { type: "mrkdwn", text: "*Reason*\na&lt;b" },
            { type: "mrkdwn", text: "*Rotation*\n01JDF0000000000000000ROTAT" },
            { type: "mrkdwn", text: "*At*\n2026-11-24T10:00:00.000Z" },
            { type: "mrkdwn", text: "*By*\nschedule" },
          ],
        },
      ],
    });
  });

  it("about the rotator as a whole names no account", () => {
    const invalid = { ...anAlarm({ event: "ConfigurationInvalid", reason: null }), account: null };
    const ended = { ...aClearing({ reason: "ConfigurationInvalid" }), account: null };
    expect([slackMessage(invalid).text, slackMessage(ended).text]).toEqual([
      "ConfigurationInvalid",
      "ConfigurationInvalid has ended",
    ]);
    for (const event of [invalid, ended]) {
      expect(problemsWith(slackMessages, sent(slackMessage(event)))).toEqual([]);
      expect(problemsWith(teamsMessages, sent(teamsMessage(event)))).toEqual([]);
    }
  });

  it.each([...everyKind, bare, longest])("is Block Kit within its limits for $event", (event) => {
    expect(problemsWith(slackMessages, sent(slackMessage(event)))).toEqual([]);
  });

  it("is truncated at the limit, never within an escape or a character", () => {
    expect(textOf("x".repeat(3_001))).toBe("x".repeat(3_000));
    expect(textOf(`${"x".repeat(2_998)}&&`)).toBe("x".repeat(2_998));
    expect(textOf(`${"x".repeat(2_999)}😀`)).toBe("x".repeat(2_999));
  });
});
