// What this adds to the form: files can be dropped, they go one by one with
// progress, and each verdict shows as soon as it is there. Without it the form
// is sent as it stands.
"use strict";
(() => {
  const form = document.getElementById("checks");
  if (!form) return;
  const el = (id) => document.getElementById(id);
  const rows = el("rows"), bar = el("progress-bar"), says = el("progress-says"), all = el("all");

  // cell makes a table cell of text: names are never read as HTML.
  const cell = (tr, text) => { const td = document.createElement("td"); td.textContent = text; tr.append(td); return td; };

  const answer = (td, tone, sign, word) => {
    td.textContent = "";
    const outer = document.createElement("span"), mark = document.createElement("span");
    outer.className = "answer " + tone;
    mark.setAttribute("aria-hidden", "true");
    mark.textContent = sign;
    outer.append(mark, " " + word);
    td.append(outer);
  };

  // send posts one file and resolves with what the service says of it.
  const send = (url, file, detached, moved) => new Promise((resolve) => {
    const data = new FormData(), x = new XMLHttpRequest();
    data.append("file", file);
    for (const d of detached) data.append("detached", d);
    x.open("POST", url);
    x.setRequestHeader("Accept", "application/json");
    x.upload.onprogress = (e) => { if (e.lengthComputable) moved(e.loaded / e.total); };
    x.onload = () => {
      let body = {};
      try { body = JSON.parse(x.responseText); } catch { body = { says: "The answer of the service could not be read." }; }
      resolve({ status: x.status, retry: Number(x.getResponseHeader("Retry-After")) || 0, body });
    };
    x.onerror = () => resolve({ status: 0, retry: 0, body: { says: "The service could not be reached." } });
    x.send(data);
  });

  // size is what a file and its contents take as a form, with some room for its frame.
  const size = (file, detached) => detached.reduce((n, d) => n + d.size + 1000, file.size + 1000);

  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  let busy = false;
  const run = async (files, detached) => {
    if (busy || files.length === 0) return;
    busy = true;
    el("progress").hidden = false;
    rows.textContent = "";
    all.hidden = true;
    let url = "/checks", last = "";
    for (let i = 0; i < files.length; i++) {
      says.textContent = "File " + (i + 1) + " of " + files.length;
      const tr = document.createElement("tr");
      const name = cell(tr, files[i].name), verdict = cell(tr, "…"), words = cell(tr, "");
      rows.append(tr);
      let got;
      for (let tries = 0; ; tries++) {
        if (size(files[i], detached) > Number(form.dataset.largest)) {
          got = { status: 413, body: { says: "The file is larger than the " + form.dataset.larger + " that this service takes at once.", hint: "The command vidimus validate has no such limit." } };
          break;
        }
        got = await send(url, files[i], detached, (part) => { bar.value = (i + part * 0.9) / files.length; });
        if (got.status !== 503 || tries === 5) break; // the service is busy: wait as long as it says
        await pause(Math.min(got.retry || 1, 30));
      }
      if (got.status === 200) {
        url = "/checks/" + got.body.id;
        const f = got.body.files[0], a = document.createElement("a");
        a.href = last = f.url;
        a.textContent = f.name;
        name.textContent = "";
        name.append(a);
        answer(verdict, f.tone, f.sign, f.word);
        words.textContent = f.says;
      } else {
        answer(verdict, "none", "–", "Not judged");
        words.textContent = [got.body.says, got.body.hint].filter(Boolean).join(" ");
      }
      bar.value = (i + 1) / files.length;
    }
    says.textContent = files.length === 1 ? "Done." : "Done: " + files.length + " files.";
    busy = false;
    if (url !== "/checks") {
      all.href = url;
      all.hidden = false;
      if (files.length === 1 && last) location.href = last;
    }
  };

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    run([...el("file").files], [...el("detached").files]);
  });
  document.addEventListener("dragover", (e) => { e.preventDefault(); form.classList.add("over"); });
  document.addEventListener("dragleave", () => form.classList.remove("over"));
  document.addEventListener("drop", (e) => {
    e.preventDefault();
    form.classList.remove("over");
    run([...e.dataTransfer.files], [...el("detached").files]);
  });
})();
