// Before x509, which refuses to load without it.
// oxlint-disable-next-line import/no-unassigned-import
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 24 * 60 * 60 * 1000;

export interface TestCertificates {
  /** PEM of the authority. */
  readonly ca: string;
  /** PEM of a server certificate for localhost, 127.0.0.1 and ::1. */
  readonly cert: string;
  readonly key: string;
}

const make = async (): Promise<TestCertificates> => {
  x509.cryptoProvider.set(webcrypto);
  const [caKeys, leafKeys] = await Promise.all([generateKeys(), generateKeys()]);
  // Real time, not a test's clock: TLS checks validity with the machine's clock.
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 30 * dayMs) };
  const name = `CN=Test authority ${webcrypto.randomUUID()}`;
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name,
    ...validity,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: "02",
    subject: "CN=localhost",
    issuer: name,
    ...validity,
    publicKey: leafKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
        { type: "ip", value: "::1" },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey);
  return { ca: ca.toString("pem"), cert: leaf.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
};

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

let made: Promise<TestCertificates> | null = null;

/** The certificate authority of this process, and a certificate from it. */
export const testCertificates = (): Promise<TestCertificates> => (made ??= make());

let trusted = false;

/** Makes later TLS connections of this process trust the authority too. */
export const trustInThisProcess = async (): Promise<void> => {
  const { ca } = await testCertificates();
  if (trusted) return;
  trusted = true;
  // Node 20 has neither: there a process that calls the emulators needs NODE_EXTRA_CA_CERTS.
  if (typeof setDefaultCACertificates !== "function") return;
  setDefaultCACertificates([...getCACertificates("default"), ca]);
};

/**
 * Writes the file for `NODE_EXTRA_CA_CERTS` of child processes: the authority and the file that variable names already,
 * because Node reads only one file. `remove` deletes it.
 */
export const writeCaFile = async (): Promise<{ readonly file: string; remove(): void }> => {
  const { ca } = await testCertificates();
  const alreadySet = process.env["NODE_EXTRA_CA_CERTS"];
  const before =
    alreadySet !== undefined && existsSync(alreadySet) ? `${readFileSync(alreadySet, "utf8").trimEnd()}\n` : "";
  const folder = mkdtempSync(join(tmpdir(), "test-authority-"));
  const file = join(folder, "ca.pem");
  writeFileSync(file, `${before}${ca}\n`);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
};
