// Behaviours on top of pages that already work without them. Each file does one thing.
import "./errors.js";
import "./submit.js";
import "./theme.js";
import "./dialogs.js";
import "./files.js";
import "./reveal.js";
import "./copy.js";
import "./menu.js";
import "./decided.js";
import "./offline.js";
