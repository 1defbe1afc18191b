import { ClassroomClient } from "./api/classroom-client.js";
import { SignInClient } from "./api/sign-in-client.js";
import { ActivityChart } from "./components/activity-chart.js";
import { AttendanceBoard } from "./components/attendance-board.js";
import { AttentionList } from "./components/attention-list.js";
import { ClassAlerts } from "./components/class-alerts.js";
import { ClassPicker } from "./components/class-picker.js";
import { ComparisonBoard } from "./components/comparison-board.js";
import { ConnectionStatus } from "./components/connection-status.js";
import { ExerciseBoard } from "./components/exercise-board.js";
import { HelpQueue } from "./components/help-queue.js";
import { JoiningBoard } from "./components/joining-board.js";
import { LearnerDrawer } from "./components/learner-drawer.js";
import { LearnerRoster } from "./components/learner-roster.js";
import { LookBackPanel } from "./components/look-back-panel.js";
import { LiveFeed } from "./components/live-feed.js";
import { MessageBoard } from "./components/message-board.js";
import { PageLinks } from "./components/page-links.js";
import { PageSettings } from "./components/page-settings.js";
import { ProgressBoard } from "./components/progress-board.js";
import { SessionMenu } from "./components/session-menu.js";
import { SignInPanel } from "./components/sign-in-panel.js";
import { StateCounters } from "./components/state-counters.js";
import { ClassroomPage } from "./classroom-page.js";
import { SignIn, classroomScopes } from "./state/sign-in.js";

const components = {
  "activity-chart": ActivityChart,
  "attendance-board": AttendanceBoard,
  "attention-list": AttentionList,
  "class-alerts": ClassAlerts,
  "class-picker": ClassPicker,
  "comparison-board": ComparisonBoard,
  "connection-status": ConnectionStatus,
  "exercise-board": ExerciseBoard,
  "help-queue": HelpQueue,
  "joining-board": JoiningBoard,
  "learner-drawer": LearnerDrawer,
  "learner-roster": LearnerRoster,
  "live-feed": LiveFeed,
  "look-back-panel": LookBackPanel,
  "message-board": MessageBoard,
  "page-links": PageLinks,
  "page-settings": PageSettings,
  "progress-board": ProgressBoard,
  "session-menu": SessionMenu,
  "sign-in-panel": SignInPanel,
  "state-counters": StateCounters,
};
for (const [name, component] of Object.entries(components)) customElements.define(name, component);

const signIn = new SignIn({ client: new SignInClient(), scopes: classroomScopes });
const api = new ClassroomClient(signIn.watching((...parameters) => fetch(...parameters)));
new ClassroomPage(document, api, signIn).start();
