import { readersFound } from "../../../../lib/rotation/gate/readers-found";
import { anAccount, aConsumer, aGate } from "../../../builders/account";
import { aReader, aReadersSeen } from "../../../builders/sight";
import { when } from "../../../builders/time";

const { identity } = aReader;
const found = (changes: Parameters<typeof aReadersSeen>[0] = {}, known: string | null = null) => {
  const gate = aGate({ consumers: [aConsumer(known === null ? {} : { identity: known })] });
  return readersFound(anAccount({ gate }), aReadersSeen(changes), when("10:15"));
};

test("an adoption names who reads the secret, as consumers to paste", () => {
  expect(found()).toMatchObject({
    event: "ReadersFound",
    detail:
      "1 identities have read the secret by the vault's audit log; those of the last 30 days that are no configured " +
      `consumers, for gate.consumers: { "name": "reader-22222222", "identity": "${identity}" }`,
    evidence: { readers: [{ identity, resource: null, version: aReader.version, lastAt: aReader.lastAt }] },
  });
});

test.each([{ omitted: 2 }, { incomplete: "the log was cut" }])("it says that there are more: %j", (changes) => {
  expect(found(changes).detail).toContain("audit log, and there are more; ");
});

test("it says that every reader is a consumer already", () => {
  expect(found({}, identity).detail).toContain("each that has read it in the last 30 days is a configured consumer");
});
