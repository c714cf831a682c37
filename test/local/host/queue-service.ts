import { createHmac } from "node:crypto";

/** One message as a queue gives it out: invisible to others until it is deleted or its time is up. */
export interface QueueMessage {
  readonly id: string;
  readonly popReceipt: string;
  readonly dequeueCount: number;
  readonly text: string;
}

const version = "2021-12-02";

/** A part of a connection string; null where it is absent. */
const partOf = (connectionString: string, name: string): string | null =>
  new RegExp(`(?:^|;)${name}=([^;]+)`).exec(connectionString)?.[1] ?? null;

const textIn = (xml: string, name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";

/** The queues of a storage account, as far as the host's bindings need them. Messages are base64, as in the host. */
export class QueueService {
  readonly #endpoint: URL;
  readonly #account: string;
  readonly #key: string;

  /** Null for a connection string that names no queues. */
  static open(connectionString: string | undefined): QueueService | null {
    const endpoint = partOf(connectionString ?? "", "QueueEndpoint");
    return endpoint === null ? null : new QueueService(connectionString ?? "", endpoint);
  }

  private constructor(connectionString: string, endpoint: string) {
    this.#endpoint = new URL(endpoint);
    this.#account = partOf(connectionString, "AccountName") ?? "";
    this.#key = partOf(connectionString, "AccountKey") ?? "";
  }

  /** Creates the queue where it is absent. */
  async put(queue: string, text: string): Promise<void> {
    const encoded = Buffer.from(text, "utf8").toString("base64");
    const body = `<QueueMessage><MessageText>${encoded}</MessageText></QueueMessage>`;
    const send = () => this.#send("POST", `${queue}/messages`, {}, body);
    if ((await send()).status !== 404) return;
    await this.#send("PUT", queue, {}, "");
    await send();
  }

  async get(queue: string, most: number, hiddenSeconds: number): Promise<readonly QueueMessage[]> {
    const query = { numofmessages: String(most), visibilitytimeout: String(hiddenSeconds) };
    const { status, text } = await this.#send("GET", `${queue}/messages`, query, "");
    if (status === 404) return [];
    return text.split("<QueueMessage>").slice(1).map(messageIn);
  }

  /** How many messages the queue holds, with those that are hidden. */
  async count(queue: string): Promise<number> {
    const { messages } = await this.#send("GET", queue, { comp: "metadata" }, "");
    return messages;
  }

  async delete(queue: string, { id, popReceipt }: QueueMessage): Promise<void> {
    await this.#send("DELETE", `${queue}/messages/${id}`, { popreceipt: popReceipt }, "");
  }

  /** Makes the message visible again after this many seconds. */
  async giveBack(queue: string, { id, popReceipt, text }: QueueMessage, afterSeconds: number): Promise<void> {
    const encoded = Buffer.from(text, "utf8").toString("base64");
    const body = `<QueueMessage><MessageText>${encoded}</MessageText></QueueMessage>`;
    const query = { popreceipt: popReceipt, visibilitytimeout: String(afterSeconds) };
    await this.#send("PUT", `${queue}/messages/${id}`, query, body);
  }

  async #send(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body: string,
  ): Promise<{ readonly status: number; readonly text: string; readonly messages: number }> {
    const url = new URL(`${this.#endpoint.href.replace(/\/$/, "")}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const date = new Date().toUTCString();
    const response = await fetch(url, {
      method,
      headers: {
        "x-ms-date": date,
        "x-ms-version": version,
        authorization: this.#authorization(method, url, query, date, Buffer.byteLength(body)),
        ...(body === "" ? {} : { "content-type": "application/xml" }),
      },
      ...(body === "" ? {} : { body }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (response.ok || response.status === 404) {
      const messages = Number(response.headers.get("x-ms-approximate-messages-count") ?? 0);
      return { status: response.status, text, messages };
    }
    throw new Error(`${method} ${path}: the queue service answered ${response.status} ${textIn(text, "Code")}`);
  }

  /** learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key */
  #authorization(
    method: string,
    url: URL,
    query: Readonly<Record<string, string>>,
    date: string,
    length: number,
  ): string {
    const parameters = Object.entries(query)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `\n${name}:${value}`);
    const signed = [
      method,
      "",
      "",
      length === 0 ? "" : String(length),
      "",
      length === 0 ? "" : "application/xml",
      ...Array.from({ length: 6 }, () => ""),
      `x-ms-date:${date}`,
      `x-ms-version:${version}`,
      `/${this.#account}${url.pathname}${parameters.join("")}`,
    ].join("\n");
    const signature = createHmac("sha256", Buffer.from(this.#key, "base64")).update(signed, "utf8").digest("base64");
    return `SharedKey ${this.#account}:${signature}`;
  }
}

const messageIn = (xml: string): QueueMessage => ({
  id: textIn(xml, "MessageId"),
  popReceipt: textIn(xml, "PopReceipt"),
  dequeueCount: Number(textIn(xml, "DequeueCount")),
  text: Buffer.from(textIn(xml, "MessageText"), "base64").toString("utf8"),
});
