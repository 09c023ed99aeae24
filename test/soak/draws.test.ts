/** What draws at random, drawing ten times as much as `npm test` does. In a process of its own, so that the others see nothing of it. */
import process from "node:process";

process.env["TSYNCIO_DRAWS"] ??= "10";

await import("../gallery/gallery.test.ts");
await import("../http/wire/differential.test.ts");
await import("../model/model.test.ts");
await import("../testing/net/chat.test.ts");
await import("../testing/net/echo.test.ts");
await import("../testing/simulate.test.ts");
