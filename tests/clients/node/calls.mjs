// Calls of models by the Vercel AI SDK, told by OTLP over HTTP. Which release is asked, VERSION says.
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";

const { PROVIDER, TOKOMETER_URL, NAME, VERSION } = process.env;
const beside = VERSION === "6" ? { ai: "ai-6", openai: "openai-6", anthropic: "anthropic-6" } : {};
const ai = await import(beside.ai ?? "ai");
const { createOpenAI } = await import(beside.openai ?? "@ai-sdk/openai");
const { createAnthropic } = await import(beside.anthropic ?? "@ai-sdk/anthropic");

const traces = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": NAME }),
  spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${TOKOMETER_URL}/v1/traces` }))],
});
traces.register();
const settings = { isEnabled: true, functionId: "greeter" };
if (VERSION === "7") {
  const { OpenTelemetry } = await import("@ai-sdk/otel");
  ai.registerTelemetry(new OpenTelemetry({ usage: process.env.DETAILS === "1" }));
} else {
  settings.metadata = { feature: "greeting" };
}

const openai = createOpenAI({ apiKey: "none", baseURL: `${PROVIDER}/v1` });
const anthropic = createAnthropic({ apiKey: "none", baseURL: `${PROVIDER}/v1` });
const asked = (model) => ({ model, prompt: "hello", maxRetries: 0, experimental_telemetry: settings });
const models = [
  [(name) => openai.chat(name), "gpt-5.2-chat"],
  [(name) => openai.responses(name), "gpt-5.2-responses"],
  [(name) => anthropic(name), "claude-sonnet-4-5"],
];
for (const [model, name] of models) {
  await ai.generateText(asked(model(name)));
  await ai.streamText(asked(model(`${name}-stream`))).consumeStream();
}
await ai.embed({ ...asked(openai.embedding("text-embedding-3-small")), prompt: undefined, value: "hello" });
await ai.generateText(asked(openai.chat("fail-429"))).catch(() => {});
await traces.forceFlush();
await traces.shutdown();
