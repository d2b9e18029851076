import { keepFresh } from "./refresh.js";

keepFresh(document.getElementById("promises"));
