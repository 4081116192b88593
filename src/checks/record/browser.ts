/**
 * What a browser runs to make a record: it asks the server it came from what to do, and sends the record back.
 *
 * @module
 */
import { recordHere } from "./here.ts";

const wanted = await (await fetch("/wanted")).json();
const say = (data: string) =>
  dispatchEvent(new MessageEvent("stage", { data }));
const answer = await recordHere({
  ...wanted,
  software: { ...wanted.software, runtime: navigator.userAgent },
  onStage: say,
}).catch((error) => ({ error: String(error.message ?? error) }));
await fetch("/record", { method: "POST", body: JSON.stringify(answer) });
say("error" in answer ? answer.error : "Recorded. This page can be closed.");
