import { AccountIndex } from "./account-index";
import { LookTurns } from "./look-turns";
import { OwnIdentity } from "./own-identity";

/** What one process keeps in memory for the events that it receives. */
export class EventMemory {
  readonly turns = new LookTurns();
  readonly accounts = new AccountIndex();
  readonly identity: OwnIdentity;

  constructor(ports: ConstructorParameters<typeof OwnIdentity>[0]) {
    this.identity = new OwnIdentity(ports);
  }
}
