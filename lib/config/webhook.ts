export const webhookFormats = ["cloudevents", "teams", "slack"] as const;
export const webhookEvents = ["alarms", "all"] as const;

/** Where alarms go besides the log. */
export interface WebhookSettings {
  readonly url: string;
  readonly format: (typeof webhookFormats)[number];
  /** As given, `whsec_` included; null where deliveries are not signed. */
  readonly secret: string | null;
  readonly events: (typeof webhookEvents)[number];
}
