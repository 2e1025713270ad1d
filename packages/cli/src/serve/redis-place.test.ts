import { expect, test } from "vitest";
import { redisPlace } from "./redis-place.js";

test.each([
  ["redis://localhost:6379", "redis://localhost:6379"],
  ["rediss://ann:pass@redis.example/3", "rediss://ann:pass@redis.example/3"],
  ["redis://[::1]:6379", "redis://[::1]:6379"],
  ["redis+cluster://a:1,b:2", { cluster: ["redis://a:1", "redis://b:2"] }],
  [
    "rediss+cluster://ann:p%40ss@a:1,b",
    { cluster: ["rediss://ann:p%40ss@a:1", "rediss://ann:p%40ss@b"] },
  ],
  ["redis+sentinel://a:26379,b/main", { sentinels: ["a:26379", "b"], name: "main" }],
  [
    "redis+sentinel://:p%40ss@a:26379/main/2",
    { sentinels: ["a:26379"], name: "main", password: "p@ss", db: 2 },
  ],
  [
    "redis+sentinel://ann:a:b@a:26379/main",
    { sentinels: ["a:26379"], name: "main", username: "ann", password: "a:b" },
  ],
])("%s", (url, place) => {
  expect(redisPlace(url)).toEqual(place);
});

test.each([
  ["localhost:6379"],
  ["http://localhost"],
  ["redis://"],
  ["redis://a:1,b:2"],
  ["redis://a:x"],
  ["redis://a/main"],
  ["redis+sentinel://a:26379"],
  ["rediss+sentinel://a:26379/main"],
  ["redis+cluster://a:1,/"],
  ["redis+cluster://a:1/2"],
  ["redis+cluster://a:99999"],
])("%s is none", (url) => {
  expect(redisPlace(url)).toBeUndefined();
});
