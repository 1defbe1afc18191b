"""Signing in on the real thing: by a link, by a token, at an OpenID provider, and what ends it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import urllib.request
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.accessibility import serious_findings
from support.openid_provider import openid_provider
from support.other_origin import empty_page
from support.private_stack import PrivateStack

SECRET = "a secret of the browser's tests, long enough"
#: What Chromium writes to the console for an answer of 401 or 403, and of a WebSocket that is refused.
REFUSALS = ("401", "403", "WebSocket")
STUDENT, COURSE, OTHER = "hanako", "py 101", "other"


class GuardedStack(PrivateStack):
    """A stack where whoever asks needs a token."""

    def __init__(self, binary: Path, folder: Path, issuer: str):
        secrets = {"PROGRESSBUS_JWT_SECRET": SECRET, "PROGRESSBUS_OPENID_CLIENT_SECRET": "a client's: secret"}
        os.environ.update(secrets)
        try:
            super().__init__(
                binary, folder, f"openid.issuer={issuer}", "openid.client_id=progressbus",
                "openid.course_role_prefix=course:")
        finally:
            for name in secrets:
                del os.environ[name]
        self.binary = binary

    def command(self, *arguments: str) -> str:
        environment = self.urls() | {
            "PATH": os.environ["PATH"], "PROGRESSBUS_JWT_SECRET": SECRET,
            "PROGRESSBUS_HTTP_PUBLIC_URL": self.url}
        environment.pop("PROGRESSBUS_URL", None)
        return subprocess.run(
            [self.binary, "token", *arguments], env=environment, check=True, capture_output=True, text=True,
            timeout=60).stdout.strip()

    def teachers_token(self, *arguments: str) -> str:
        return self.command("issue", "--scope", "dashboard", "--sub", "lee", "--course", COURSE, *arguments)

    def send(self, course: str) -> None:
        token = self.command("issue", "--scope", "ingest:class", "--sub", "hub", "--course", course)
        event = {"event_type": "cell_executed", "course_id": course, "student_id": STUDENT,
                 "student_name": f"Learner of {course}", "notebook_path": "a.ipynb", "cell_id": "c0",
                 "cell_index": 0, "has_error": False}
        request = urllib.request.Request(
            f"{self.url}student-progress", json.dumps(event).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 202


@pytest.fixture(scope="module")
def provider():
    with openid_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def guarded(binary, provider):
    with tempfile.TemporaryDirectory(prefix="progressbus-page-") as folder:
        os.chmod(folder, 0o755)
        stack = GuardedStack(binary, Path(folder), provider.issuer)
        for course in [COURSE, OTHER]:
            stack.send(course)
        yield stack
        stack.stop()


def form(page):
    return page.page.get_by_role("main", name="Sign in")


def test_a_link_signs_in_and_leaves_no_trace(guarded, open_page):
    link = guarded.teachers_token("--link")
    token = link.partition("#token=")[2]
    assert link.startswith(f"{guarded.url}#token=ey"), link
    requests = []
    page = open_page(guarded.url)
    expect(form(page)).to_be_visible()
    page.page.on("request", lambda request: requests.append((request.method, request.url, request.headers)))
    page.page.goto(link)
    page.wait_for_status("live")
    page.expect_counter("all", 1)
    assert page.page.locator("#course option").all_inner_texts() == [COURSE]
    expect(page.page.locator("session-menu")).to_contain_text("Signed in as lee")
    assert "token" not in page.page.url
    assert [(method, url) for method, url, _ in requests if token in url] == []
    assert any(method == "POST" and url.endswith("/sign-in") for method, url, _ in requests)
    assert all(token not in str(headers) for _, _, headers in requests)
    # Not even the way back knows it.
    page.page.go_back()
    page.page.go_forward()
    assert "token" not in page.page.url
    assert page.page.evaluate("document.cookie") == ""
    assert token not in str(page.page.evaluate("[{...localStorage}, {...sessionStorage}, performance.getEntries()]"))
    [cookie] = page.page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Strict", False)
    assert token not in guarded.log.read_text()

    # The live stream comes by the cookie, and of the teacher's course alone.
    page.page.reload()
    page.wait_for_status("live")
    guarded.send(OTHER)
    guarded.send(COURSE)
    expect(page.page.locator("live-feed li")).to_have_count(1)

    page.page.get_by_role("button", name="Sign out").click()
    expect(form(page)).to_be_visible()
    assert page.page.context.cookies() == []
    assert page.page.get_by_text("Learner of").count() == 0


def test_a_token_is_pasted_by_keyboard(guarded, open_page):
    page = open_page(guarded.url, allowed_errors=REFUSALS)
    field = page.page.get_by_label("Token or sign-in link")
    expect(field).to_be_focused()
    page.page.keyboard.type("no token")
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("alert").filter(has_text="This token is not accepted.")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.page.keyboard.insert_text(guarded.teachers_token())
    page.page.keyboard.press("Enter")
    page.wait_for_status("live")
    page.expect_counter("all", 1)


@pytest.mark.parametrize(
    ("width", "locale", "scheme"),
    [(320, "en-GB", "light"), (320, "ja-JP", "dark"), (1440, "en-GB", "dark"), (1440, "ja-JP", "light")])
def test_the_form_is_accessible_in_both_languages(guarded, open_page, width, locale, scheme):
    page = open_page(
        f"{guarded.url}#sign-in-failed=noCourses", locale=locale, color_scheme=scheme,
        viewport={"width": width, "height": 800})
    heading = page.page.locator("sign-in-panel h2")
    expect(heading).to_have_text("Sign in" if locale == "en-GB" else "サインイン")
    expect(page.page.locator("#sign-in-reason")).to_contain_text("course" if locale == "en-GB" else "コース")
    assert serious_findings(page.page) == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_teacher_is_told_that_the_operators_page_is_not_theirs(guarded, open_page):
    # The last request names a dead letter that there cannot be.
    page = open_page(f"{guarded.url}ops#token={guarded.teachers_token()}", allowed_errors=(*REFUSALS, "400"))
    expect(page.page.locator("sign-in-panel")).to_contain_text("lee is signed in and may not see this page.")
    expect(page.page.locator("#operations")).to_be_hidden()
    assert serious_findings(page.page) == []
    field = page.page.get_by_label("Token or sign-in link")
    field.fill(guarded.command("issue", "--scope", "admin", "--sub", "kim", "--link"))
    page.page.get_by_role("button", name="Sign in").click()
    page.wait_for_status("live")
    expect(page.page.locator("bus-panel")).to_contain_text("noeviction")
    # What changes something is sent with the cookie too.
    status = page.page.evaluate(
        "fetch('/api/v1/dead-letters/nothing-1-0', {method: 'DELETE'}).then(({status}) => status)")
    assert status not in (401, 403)


def test_a_token_that_is_revoked_ends_what_is_shown(guarded, open_page):
    token = guarded.teachers_token()
    page = open_page(f"{guarded.url}#token={token}", allowed_errors=REFUSALS)
    page.wait_for_status("live")
    page.expect_counter("all", 1)
    with tempfile.NamedTemporaryFile("w", suffix=".jwt") as file:
        file.write(token)
        file.flush()
        guarded.command("revoke", "--file", file.name)
    expect(page.page.locator("#sign-in-reason")).to_contain_text("You are signed out", timeout=20_000)
    expect(page.page.locator("connection-status")).to_have_attribute("data-status", "signedOut")
    expect(page.page.locator("#class")).to_be_hidden()
    assert serious_findings(page.page) == []


def test_a_teacher_signs_in_at_the_provider(guarded, provider, open_page):
    person = f"teacher-{uuid.uuid4()}"
    provider.person(person, groups=["progressbus-teachers", f"course:{COURSE}"])
    page = open_page(guarded.url)
    page.page.get_by_role("link", name="Sign in with your school's account").click()
    # Another site: what comes back from there is a navigation across sites.
    page.page.wait_for_url(f"{provider.issuer}/**")
    provider.agree(page.page, person)
    page.page.wait_for_url(f"{guarded.url}**")
    page.wait_for_status("live")
    assert page.page.locator("#course option").all_inner_texts() == [COURSE]
    expect(page.page.locator("session-menu")).to_contain_text(person)
    assert "code=" not in page.page.url
    names = {cookie["name"]: cookie for cookie in page.page.context.cookies(guarded.url)}
    assert names["progressbus_token"]["sameSite"] == "Strict"
    assert "progressbus_sign_in" not in names
    provider.excuse(page)


def test_somebody_without_a_role_is_told_so(guarded, provider, open_page):
    person = f"person-{uuid.uuid4()}"
    provider.person(person, groups=["staff"])
    page = open_page(f"{guarded.url}ops")
    page.page.get_by_role("link", name="Sign in with your school's account").click()
    page.page.wait_for_url(f"{provider.issuer}/**")
    provider.agree(page.page, person)
    page.page.wait_for_url(f"{guarded.url}ops")
    expect(page.page.locator("#sign-in-reason")).to_contain_text("You may not see classes here.")
    provider.excuse(page)


def test_a_page_of_another_origin_gains_nothing_by_the_cookie(guarded, open_page):
    page = open_page(f"{guarded.url}#token={guarded.command('issue', '--scope', 'admin', '--sub', 'kim')}")
    page.wait_for_status("live")
    context = page.page.context
    for host in ["127.0.0.1", "localhost"]:
        with empty_page(host) as url:
            foreign = context.new_page()
            foreign.goto(url)
            # The first host is of the same site, on another port: the browser does send the cookie.
            socket = foreign.evaluate("""(url) => new Promise((done) => {
              const socket = new WebSocket(url);
              socket.onopen = () => done("open");
              socket.onclose = ({code}) => done(code);
            })""", guarded.url.replace("http", "ws") + "ws/dashboard")
            assert socket == 1006, host
            read = foreign.evaluate(
                """(url) => fetch(url, {credentials: "include"}).then(() => "read", () => "kept from it")""",
                f"{guarded.url}api/v1/courses")
            assert read == "kept from it", host
            for path in ["api/v1/dead-letters/purge", "sign-out", "sign-in"]:
                # As a form's: no leave is asked for it.
                with foreign.expect_response(lambda response: path in response.url) as answer:
                    foreign.evaluate(
                        """(url) => fetch(url, {method: "POST", mode: "no-cors", credentials: "include", body: "{}"})
                          .then(() => null)""", guarded.url + path)
                assert answer.value.status == 403, (host, path)
            foreign.close()
    page.page.reload()
    page.wait_for_status("live")
