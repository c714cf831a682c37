import { createServer, type Server } from "node:https";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { webcrypto } from "node:crypto";
import { testCertificates, trustInThisProcess } from "../emulators/certificate-authority";
import * as x509 from "@peculiar/x509";

export interface HealthRequest {
  readonly nonce: string;
  readonly path: string;
}

/** An app with a health URL. */
export interface HealthApp {
  readonly url: string;
  readonly port: number;
  readonly asked: HealthRequest[];
  /** Answers every request from now on. */
  answer: (request: HealthRequest, response: ServerResponse) => void;
  close(): Promise<void>;
}

export const answerJson = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

/** A certificate for localhost that no client trusts. */
const untrusted = async (): Promise<{ readonly cert: string; readonly key: string }> => {
  x509.cryptoProvider.set(webcrypto);
  const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=localhost",
    keys,
    signingAlgorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
  });
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: cert.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
};

export const startHealthApp = async ({ trusted = true } = {}): Promise<HealthApp> => {
  await trustInThisProcess();
  const { cert, key } = trusted ? await testCertificates() : await untrusted();
  const app: { server?: Server } & Pick<HealthApp, "asked" | "answer"> = {
    asked: [],
    answer: (_request, response) => response.writeHead(503).end(),
  };
  const server = createServer({ cert, key }, (request: IncomingMessage, response) => {
    const nonce = request.headersDistinct["x-rotation-nonce"]?.[0] ?? "";
    const asked = { nonce, path: request.url ?? "" };
    app.asked.push(asked);
    app.answer(asked, response);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return Object.assign(app, {
    url: `https://localhost:${port}/health`,
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
};
