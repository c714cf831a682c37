import type { ServerResponse } from "node:http";
import type { Fault } from "./faults";
import { type Answer, jsonAnswer, type WireService } from "./wire";

type Misbehaviour = Exclude<Fault["kind"], "delay">;

/** The usual codes of Azure's services for these statuses, for faults without a code. */
const usualCodes: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  408: "RequestTimeout",
  409: "Conflict",
  412: "PreconditionFailed",
  429: "TooManyRequests",
  500: "InternalServerError",
  502: "BadGateway",
  503: "ServiceUnavailable",
  504: "GatewayTimeout",
};

/** Replaces the body of an answer that does not exist, because the request had no effect. */
const standIn = (): Answer => jsonAnswer(200, { status: "the request was not carried out" });

/** The status that is sent; null if none is sent. */
export const statusOnWire = (fault: Extract<Fault, { kind: Misbehaviour }>, answer: Answer | null): number | null => {
  if (fault.kind === "status") return fault.status;
  const statuses = {
    truncatedJson: 200,
    unexpected202: 202,
    resetInMiddle: (answer ?? standIn()).status,
    resetBeforeAnswer: null,
    hang: null,
  } satisfies Record<Exclude<Misbehaviour, "status">, number | null>;
  return statuses[fault.kind];
};

/** Sends the failing answer. `answer` is the correct one, or null if the request had no effect. */
export const misbehave = (
  fault: Extract<Fault, { kind: Misbehaviour }>,
  answer: Answer | null,
  response: ServerResponse,
  service: WireService,
): void => {
  const made = answer ?? standIn();
  switch (fault.kind) {
    case "status": {
      const { status, code = usualCodes[status] ?? "Emulated", retryAfter } = fault;
      const refusal =
        "body" in fault
          ? jsonAnswer(status, fault.body)
          : service.refuse(status, code, `emulated fault with status ${status}`);
      send(response, {
        ...refusal,
        headers: { ...refusal.headers, ...(retryAfter === undefined ? {} : { "retry-after": `${retryAfter}` }) },
      });
      return;
    }
    case "resetBeforeAnswer":
      response.socket?.destroy();
      return;
    case "resetInMiddle":
      endInMiddle(response, made);
      return;
    case "truncatedJson": {
      const whole = made.body.length === 0 ? standIn() : made;
      send(response, { ...whole, status: 200, body: whole.body.subarray(0, Math.ceil((whole.body.length * 2) / 3)) });
      return;
    }
    case "unexpected202":
      send(response, { ...made, status: 202 });
      return;
    case "hang":
      return;
  }
};

export const send = (response: ServerResponse, { status, headers, body }: Answer): void => {
  const bodiless = status === 204 || status === 304;
  writeHead(response, status, headers, bodiless ? null : body.length);
  response.end(bodiless ? undefined : body);
};

/** If the answer has no body to truncate, the status line is truncated. */
const endInMiddle = (response: ServerResponse, { status, headers, body }: Answer): void => {
  const { socket } = response;
  if (body.length === 0) {
    socket?.write(`HTTP/1.1 ${status} `, () => socket.destroy());
    return;
  }
  writeHead(response, status, headers, body.length);
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => socket?.destroy());
};

const writeHead = (
  response: ServerResponse,
  status: number,
  headers: Answer["headers"],
  contentLength: number | null,
): void => {
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, typeof value === "string" ? value : [...value]);
  }
  if (contentLength !== null) response.setHeader("content-length", contentLength);
  response.writeHead(status);
};
