import { createHmac, timingSafeEqual } from "node:crypto";
import { minutes } from "../rotation/time/units";

/** How long a form may stay open. */
const formMs = minutes(30);

/** What a form is made for. */
export interface FormUse {
  /** `operator:<name>` */
  readonly user: string;
  readonly account: string;
  readonly order: string;
}

const signature = (secret: string, { user, account, order }: FormUse, until: number): Buffer =>
  createHmac("sha256", Buffer.from(secret, "base64url"))
    .update(JSON.stringify(["batch-key-page-v1", user, account, order, until]), "utf8")
    .digest();

/** Shows that a form comes from a page of this app, for this reader, account and order, and from the last half hour. */
export const formToken = (secret: string, use: FormUse, now: Date): string => {
  const until = now.getTime() + formMs;
  return `${until.toString(36)}.${signature(secret, use, until).toString("base64url")}`;
};

export const isGoodToken = (secret: string, use: FormUse, token: string, now: Date): boolean => {
  const [, until36, given] = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
  if (until36 === undefined || given === undefined) return false;
  const until = Number.parseInt(until36, 36);
  const left = until - now.getTime();
  if (left < 0 || left > formMs) return false;
  return timingSafeEqual(signature(secret, use, until), Buffer.from(given, "base64url"));
};
