import { currentRuntime, withTaskGroup } from "../../src/index.ts";
import { ask, type Body, type Exhibit } from "./exhibit.ts";

interface Journal {
  isOpen: boolean;
}

async function note(journal: Journal): Promise<void> {
  await ask();
  if (!journal.isOpen) throw new Error("the journal is closed");
}

async function answer(journal: Journal): Promise<void> {
  currentRuntime().background.spawn("note", note, journal);
  await ask(4);
}

/** The note has a place where its failure is met. */
async function answerWithNote(journal: Journal): Promise<void> {
  await withTaskGroup(async (group) => {
    group.spawn("note", () => note(journal).catch(() => {}));
    await ask(4);
  });
}

function service(answering: typeof answer): Body {
  return async () => {
    const journal: Journal = { isOpen: true };
    await withTaskGroup((group) => {
      group.spawn("request", answering, journal);
      group.spawn("rotation", async () => {
        await ask(4);
        journal.isOpen = false;
      });
    });
  };
}

export const unheardFailure: Exhibit = {
  name: "unheard failure",
  says: "Work is handed to the background, and when it fails there is nobody to hear of it.",
  kind: "unhandled error",
  hidden: true,
  wrong: service(answer),
  corrected: service(answerWithNote),
};
