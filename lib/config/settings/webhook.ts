import type { SettingsReader } from "./reader";
import { isReceiver } from "../urls";

const webhookFormats = ["cloudevents", "teams", "slack"] as const;
const webhookEvents = ["alarms", "all"] as const;

/** Where alarms go besides the log. */
export interface WebhookSettings {
  readonly url: string;
  readonly format: (typeof webhookFormats)[number];
  /** As given, `whsec_` included; null where deliveries are not signed. */
  readonly secret: string | null;
  readonly events: (typeof webhookEvents)[number];
}

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes. */
const isSigningSecret = (text: string): boolean => {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  if (base64 === undefined) return false;
  const bytes = Buffer.from(base64, "base64");
  const isWhole = bytes.toString("base64").replace(/=+$/, "") === base64.replace(/=+$/, "");
  return isWhole && bytes.length >= 24 && bytes.length <= 64;
};

/** Null where alarms go to the log only; the other settings are checked all the same. */
export const readWebhook = (reader: SettingsReader, emulated: boolean): WebhookSettings | null => {
  const url = reader.matching(
    "ROTATION_ALERT_WEBHOOK_URL",
    "an https URL without user name and password (http to this machine with ROTATION_EMULATED)",
    (text) => isReceiver(text, emulated),
  );
  const settings = {
    format: reader.choice("ROTATION_ALERT_WEBHOOK_FORMAT", webhookFormats) ?? "cloudevents",
    secret: reader.matching(
      "ROTATION_ALERT_WEBHOOK_SECRET",
      "whsec_ followed by base64 of 24 to 64 bytes",
      isSigningSecret,
    ),
    events: reader.choice("ROTATION_ALERT_WEBHOOK_EVENTS", webhookEvents) ?? "alarms",
  };
  return url === null ? null : { url, ...settings };
};
