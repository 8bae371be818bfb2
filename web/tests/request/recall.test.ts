import { describe, expect, it } from "vitest";
import type { Catalogue } from "../../src/api/types";
import { fromParameters, recalled } from "../../src/request/recall";

const catalogue: Catalogue = {
  models: [
    { id: "mini", label: "mini" },
    { id: "dream", label: "dream" },
  ],
  samplers: [
    { id: "dpmpp_2m", label: "DPM++ 2M" },
    { id: "dpmpp_2m_sde", label: "DPM++ 2M SDE" },
    { id: "euler_ancestral", label: "Euler a" },
  ],
  schedules: [
    { id: "automatic", label: "Automatic" },
    { id: "karras", label: "Karras" },
    { id: "sgm_uniform", label: "SGM Uniform" },
  ],
  upscalers: [],
  autoencoders: [],
  controlnets: [],
  schemas: {},
};

describe("settings from pictures", () => {
  it("of A1111: the whole line, quoted values and several lines of prompt", () => {
    const text = [
      "a (red:1.2) hat,",
      "on a table",
      "Negative prompt: blurry,",
      "text",
      'Steps: 30, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 5.5, Seed: 7, Size: 640x384, Model: dream, Lora hashes: "a: 1, b: 2", Denoising strength: 0.6, Version: v1.10.1',
    ].join("\n");
    expect(recalled({ parameters: text }, catalogue)).toEqual({
      prompt: "a (red:1.2) hat,\non a table",
      negative: "blurry,\ntext",
      steps: 30,
      sampler: "dpmpp_2m_sde",
      schedule: "karras",
      guidance_scale: 5.5,
      seed: 7,
      width: 640,
      height: 384,
      model: "dream",
      strength: 0.6,
    });
  });

  it("of older A1111: sampler and schedule in one name", () => {
    const found = recalled({ parameters: "x\nSteps: 1, Sampler: DPM++ 2M Karras, Seed: 1" }, catalogue);
    expect(found).toMatchObject({ sampler: "dpmpp_2m", schedule: "karras" });
  });

  it("without a line of pairs: all of it is prompt", () => {
    expect(fromParameters("only words: here")).toEqual({ prompt: "only words: here", negative: "" });
  });

  it("of ComfyUI: along the wires", () => {
    const graph = {
      1: { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sub/dream.safetensors" } },
      2: {
        class_type: "KSamplerAdvanced",
        inputs: {
          noise_seed: 5,
          steps: 8,
          cfg: 2,
          sampler_name: "euler_ancestral",
          scheduler: "sgm_uniform",
          positive: [3, 0],
          negative: [4, 0],
        },
      },
      3: { class_type: "CLIPTextEncode", inputs: { text: [5, 0] } },
      4: { class_type: "CLIPTextEncode", inputs: { text: "bad" } },
      5: { class_type: "Note", inputs: { value: "far away" } },
    };
    expect(recalled({ prompt: JSON.stringify(graph) }, catalogue)).toEqual({
      prompt: "far away",
      negative: "bad",
      seed: 5,
      steps: 8,
      guidance_scale: 2,
      sampler: "euler_ancestral",
      schedule: "sgm_uniform",
      model: "dream",
    });
  });

  it("of InvokeAI and Fooocus", () => {
    const invoke = {
      positive_prompt: "p",
      negative_prompt: "n",
      steps: 3,
      cfg_scale: 4,
      seed: 9,
      scheduler: "dpmpp_2m_k",
      width: 512,
      height: 512,
      model: { name: "dream" },
    };
    expect(recalled({ invokeai_metadata: JSON.stringify(invoke) }, catalogue)).toMatchObject({
      prompt: "p",
      sampler: "dpmpp_2m",
      schedule: "karras",
      model: "dream",
    });
    const fooocus = {
      prompt: "f",
      negative_prompt: "",
      steps: 30,
      guidance_scale: 4,
      seed: "12",
      sampler: "dpmpp_2m_sde_gpu",
      scheduler: "karras",
      resolution: "(896, 1152)",
    };
    expect(recalled({ parameters: JSON.stringify(fooocus) }, catalogue)).toMatchObject({
      prompt: "f",
      seed: 12,
      width: 896,
      height: 1152,
      schedule: "karras",
    });
  });

  it("of strangers: nothing", () => {
    expect(recalled({ Title: "holiday" }, catalogue)).toBeNull();
    expect(recalled({ prompt: "{}" }, catalogue)).toBeNull();
  });
});
