import { guardCrashOutput } from "./crash-output";
import "./account-history";
import "./account-status";
import "./check-account";
import "./coverage";
import "./dashboard";
import "./list-accounts";
import "./open-api";
import "./operate-account";
import "./receive-events";
import "./receive-signal";
import "./report-lost-work";
import "./resume-fleet";
import "./rotate-on-demand";
import "./rotate-on-schedule";
import "./rotate-subscription";
import "./rotation-record";

guardCrashOutput();
