import { ConnectionStatus } from "../components/connection-status.js";
import { PageLinks } from "../components/page-links.js";
import { PageSettings } from "../components/page-settings.js";
import { SessionMenu } from "../components/session-menu.js";
import { SignInPanel } from "../components/sign-in-panel.js";
import { SignIn, operationsScopes } from "../state/sign-in.js";
import { BusPanel } from "./bus-panel.js";
import { ConfirmDialog } from "./confirm-dialog.js";
import { DeadLettersPanel } from "./dead-letters-panel.js";
import { DeadLetterDrawer } from "./dead-letter-drawer.js";
import { MirrorPanel } from "./mirror-panel.js";
import { OperationsClient } from "../api/operations-client.js";
import { SignInClient } from "../api/sign-in-client.js";
import { OperationsPage } from "./operations-page.js";
import { SinksPanel } from "./sinks-panel.js";

const components = {
  "bus-panel": BusPanel,
  "confirm-dialog": ConfirmDialog,
  "connection-status": ConnectionStatus,
  "dead-letters-panel": DeadLettersPanel,
  "dead-letter-drawer": DeadLetterDrawer,
  "mirror-panel": MirrorPanel,
  "page-links": PageLinks,
  "page-settings": PageSettings,
  "session-menu": SessionMenu,
  "sign-in-panel": SignInPanel,
  "sinks-panel": SinksPanel,
};
for (const [name, component] of Object.entries(components)) customElements.define(name, component);

const signIn = new SignIn({ client: new SignInClient(), scopes: operationsScopes });
const api = new OperationsClient(signIn.watching((...parameters) => fetch(...parameters)));
new OperationsPage(document, api, signIn).start();
