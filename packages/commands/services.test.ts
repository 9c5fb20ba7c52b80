import { expect, test } from "bun:test";
import { readSetup } from "./services.ts";

test("the addresses that services know of each other follow the ports", () => {
  const { services, environment } = readSetup({ UPLOAD_PORT: "9001", PATH: "/bin" });
  expect(services.find((service) => service.name === "upload")?.address).toBe("http://127.0.0.1:9001");
  expect(environment).toMatchObject({
    UPLOAD_PORT: "9001",
    UPLOAD_URL: "http://127.0.0.1:9001",
    METADATA_URL: "http://127.0.0.1:8003",
    PATH: "/bin",
  });
});

test("an address that was given stays", () => {
  const { environment } = readSetup({ UPLOAD_PORT: "9001", UPLOAD_URL: "https://upload.example" });
  expect(environment.UPLOAD_URL).toBe("https://upload.example");
});

test("an empty value counts as absent", () => {
  const { environment } = readSetup({ UPLOAD_PORT: "", UPLOAD_URL: "", HOST: "" });
  expect(environment.UPLOAD_URL).toBe("http://127.0.0.1:8001");
  expect(environment.HOST).toBeUndefined();
});

test.each([
  ["0.0.0.0", "http://127.0.0.1:8005"],
  ["::", "http://[::1]:8005"],
  ["fe80::1", "http://[fe80::1]:8005"],
  ["video.example", "http://video.example:8005"],
])("with HOST=%s, admin is called at %s", (host, address) => {
  expect(readSetup({ HOST: host }).environment.ADMIN_URL).toBe(address);
});

test("every variable that does not fit is named", () => {
  expect(() => readSetup({ UPLOAD_PORT: "many", ADMIN_PORT: "70000" })).toThrow(
    /UPLOAD_PORT=many.*\n.*ADMIN_PORT=70000/,
  );
});
