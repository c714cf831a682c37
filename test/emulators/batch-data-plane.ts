import { randomUUID } from "node:crypto";
import { type ContentList, contentListOf, isRefused, pageOf } from "./batch-content";
import { type BatchStore, type StoredAccount, sharedKeyAllowed } from "./batch-store";
import { isSignedWith, stringToSign } from "./shared-key-signature";
import {
  type Answer,
  type Call,
  headerOf,
  jsonAnswer,
  unknownRoute,
  withHeaders,
  type WireRequest,
  type WireService,
} from "./wire";

const allowedSkewMs = 15 * 60 * 1000;
const contentType = "application/json;odata=minimalmetadata";
const failed =
  "Server failed to authenticate the request. " +
  "Make sure the value of Authorization header is formed correctly including the signature.";
const errorElement = "Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element";
const notAllowed = "The specified type of authentication SharedKey is not allowed for this account.";

/**
 * The data plane of all accounts on one host. The Authorization header names the account.
 * Signatures are checked against the live keys, both slots.
 */
export class BatchDataPlane implements WireService {
  constructor(
    private readonly store: BatchStore,
    private readonly host: () => string,
  ) {}

  refuse(status: number, code: string, message: string): Answer {
    return withHeaders(this.#error(status, code, message, null), this.#commonHeaders());
  }

  receive(request: WireRequest): Call {
    const list = request.method === "GET" ? contentListOf(request.path) : null;
    if (list === null) return unknownRoute(this, "batch.unknown", request);
    const credentials = credentialsOf(request);
    return {
      route: list.route,
      subject: credentials?.account ?? null,
      apply: () => withHeaders(this.#admit(request, list, credentials), this.#commonHeaders()),
    };
  }

  #admit(request: WireRequest, list: ContentList, credentials: Credentials | null): Answer {
    const detail = { key: "AuthenticationErrorDetail", value: "missing" };
    if (credentials === null) return this.#error(401, "AuthenticationFailed", failed, detail);
    const account = this.store.find(credentials.account);
    if (account === null) return this.#unauthenticated(`the emulator has no account ${credentials.account}`);
    const problem = this.#problem(request, credentials, account);
    if (problem !== null) {
      account.refused += 1;
      return this.#unauthenticated(problem);
    }
    if (!request.query.has("api-version")) {
      return this.#error(400, "MissingRequiredQueryParameter", "A required query parameter was not specified.", {
        key: "QueryParameterName",
        value: "api-version",
      });
    }
    const page = pageOf(account.content, list, new URL(request.target, `https://${this.host()}`));
    if (isRefused(page)) return this.#error(page.status, page.code, page.message, null);
    account.answered += 1;
    return jsonAnswer(200, page, {}, contentType);
  }

  /** The reason to refuse a shared key request; null if it is accepted. */
  #problem(request: WireRequest, { signature }: Credentials, account: StoredAccount): string | null {
    if (!sharedKeyAllowed(account)) return notAllowed;
    const sentAt = headerOf(request, "ocp-date");
    const skewMs = Math.abs(Date.parse(sentAt ?? "") - this.store.now().getTime());
    if (!(skewMs <= allowedSkewMs)) {
      return (
        "The date header in the request is missing or lies more than 15 minutes from the server's time: " +
        `'${sentAt ?? ""}'`
      );
    }
    const text = stringToSign(account.name, request);
    if (this.store.acceptedKeys(account).some((key) => isSignedWith(key, text, signature))) return null;
    // Like the real service, this repeats the signature that was sent: code under test must not log the detail.
    return (
      `The MAC signature found in the HTTP request '${signature}' is not the same as any computed signature. ` +
      `Server used following string to sign: '${text.replaceAll("\n", "\\n")}'.`
    );
  }

  #unauthenticated(detail: string): Answer {
    return this.#error(403, "AuthenticationFailed", failed, { key: "AuthenticationErrorDetail", value: detail });
  }

  #error(
    status: number,
    code: string,
    message: string,
    detail: { readonly key: string; readonly value: string } | null,
  ): Answer {
    return jsonAnswer(
      status,
      {
        "odata.metadata": `https://${this.host()}/$metadata#${errorElement}`,
        code,
        message: {
          lang: "en-US",
          value: `${message}\nRequestId:${randomUUID()}\nTime:${this.store.now().toISOString()}`,
        },
        ...(detail === null ? {} : { values: [detail] }),
      },
      {},
      contentType,
    );
  }

  #commonHeaders(): Readonly<Record<string, string>> {
    return { "request-id": randomUUID(), dataserviceversion: "3.0", "x-content-type-options": "nosniff" };
  }
}

interface Credentials {
  readonly account: string;
  readonly signature: string;
}

const credentialsOf = (request: WireRequest): Credentials | null => {
  const [, account, signature] = /^SharedKey ([^:]+):(.+)$/.exec(headerOf(request, "authorization") ?? "") ?? [];
  return account === undefined || signature === undefined ? null : { account, signature };
};
