/** What an exported page runs: a plain script, so that a page opened from a disk needs no modules. */

import { openPage } from "./page.ts";

openPage(document);
for (const event of ["beforeprint", "afterprint"])
  addEventListener(event, () => {
    for (const details of document.querySelectorAll("details")) details.open = event === "beforeprint";
  });
