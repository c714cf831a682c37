import "./account-status";
import "./list-accounts";
import "./receive-signal";
import "./rotate-on-demand";
import "./rotate-on-schedule";
