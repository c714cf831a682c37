import { type NextRequest, type NextStep } from "../../rotation/attention/who-acts";

/** The function whose key opens a request. */
const keyOf = ({ method, path }: NextRequest): string => {
  const last = path.slice(path.lastIndexOf("/") + 1);
  if (method === "GET") return last === "check" ? "checkAccount" : "accountReaders";
  if (path === "/api/fleet/resume") return "resumeFleet";
  return last === "rotations" ? "rotateOnDemand" : "operateAccount";
};

/** A text for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The request as a command. The key stands as the name of its function: this page does not know it. */
export const curlOf = ({ request }: Pick<NextStep, "request">, origin: string): string => {
  const { method, path, body } = request;
  const parts = [
    `curl${method === "POST" ? " -X POST" : ""} ${quoted(origin + path)}`,
    `-H ${quoted(`x-functions-key: <key of ${keyOf(request)}>`)}`,
    ...(body === null ? [] : ["-H 'content-type: application/json'", `-d ${quoted(JSON.stringify(body))}`]),
  ];
  return parts.join(" \\\n  ");
};
