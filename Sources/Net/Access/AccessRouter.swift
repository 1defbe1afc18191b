public import HTTPServer
public import HTTPTypes
public import Hummingbird
import NIOCore
import Observability

/// A context that says who asks.
public protocol CallerContext: RequestContext {
  var caller: Caller { get set }
  /// The other end of the connection; nil for one without an address.
  var peer: ClientAddress? { get }
}

/// A context of requests that `AccessRouter` has let through.
public struct CallerRequestContext: CallerContext {
  public var coreContext: CoreRequestContextStorage
  /// Nobody, until the router has looked.
  public var caller = Caller.nobody
  public let peer: ClientAddress?

  public init(source: Source) {
    coreContext = .init(source: source)
    peer = ClientAddress(source.channel.remoteAddress)
  }
}

/// A router of which every route says what it requires. One that does not is not served: `checked()` refuses
/// the whole router, so that the process does not start.
public final class AccessRouter<Context: CallerContext>: RouterMethods {
  /// A route and what it requires.
  public struct Declaration: Sendable {
    public let method: HTTPRequest.Method
    /// As it is declared, such as `/api/v1/courses/:course/help`.
    public let path: String
    public let required: RequiredAccess
  }

  private let router: Router<Context>
  private let check: AccessCheck
  private let proxies: TrustedProxies
  public private(set) var declarations: [Declaration] = []
  private var undeclared: [String] = []

  /// - Parameter proxies: those who say from which address a request comes.
  public init(
    _ router: Router<Context>, check: AccessCheck, proxies: TrustedProxies = TrustedProxies()
  ) {
    self.router = router
    self.check = check
    self.proxies = proxies
  }

  /// Routes that are added to the group require this.
  public func requiring(_ required: RequiredAccess) -> RouterGroup<Context> {
    RequiringRoutes(router: self, required: required).group()
  }

  /// The router with all its routes.
  ///
  /// - Throws: `UndeclaredRoutes`.
  public func checked() throws(UndeclaredRoutes) -> Router<Context> {
    guard undeclared.isEmpty else { throw UndeclaredRoutes(names: undeclared) }
    return router
  }

  /// A route that was not added to a group of `requiring(_:)`.
  @discardableResult public func on<Responder: HTTPResponder>(
    _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
  ) -> Self where Responder.Context == Context {
    undeclared.append("\(method.rawValue) \(path.description)")
    return self
  }

  @discardableResult public func add(
    middleware: any MiddlewareProtocol<Request, Response, Context>
  ) -> Self {
    router.add(middleware: middleware)
    return self
  }

  fileprivate func add<Responder: HTTPResponder>(
    _ path: RouterPath, method: HTTPRequest.Method, responder: Responder,
    required: RequiredAccess
  ) where Responder.Context == Context {
    let written = path.description.replacing(/\{(\w+)\}/) { ":\($0.1)" }
    declarations.append(Declaration(method: method, path: written, required: required))
    router.on(
      path, method: method,
      responder: CheckedResponder(
        required: required, check: check, proxies: proxies, responder: responder))
  }
}

/// Routes that say nothing of who may use them: a fault of the program, found at its start.
public struct UndeclaredRoutes: Error, Equatable, CustomStringConvertible {
  public let names: [String]

  public var description: String {
    "no access is declared for \(names.joined(separator: ", "))"
  }
}

private struct RequiringRoutes<Context: CallerContext>: RouterMethods {
  let router: AccessRouter<Context>
  let required: RequiredAccess

  func on<Responder: HTTPResponder>(
    _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
  ) -> Self where Responder.Context == Context {
    router.add(path, method: method, responder: responder, required: required)
    return self
  }

  func add(middleware: any MiddlewareProtocol<Request, Response, Context>) -> Self {
    router.add(middleware: middleware)
    return self
  }
}

/// Lets a request through to its route when the caller may, and tells the audit log who that is.
private struct CheckedResponder<Responder: HTTPResponder>: HTTPResponder
where Responder.Context: CallerContext {
  let required: RequiredAccess
  let check: AccessCheck
  let proxies: TrustedProxies
  let responder: Responder

  func respond(to request: Request, context: Responder.Context) async throws -> Response {
    var context = context
    let isSafe = [HTTPRequest.Method.get, .head, .options].contains(request.method)
    context.caller = try await check.caller(
      request.headers, isChange: !isSafe, needs: required)
    // Read as the route reads it, so that both mean the same course.
    if required.scopes != nil, context.parameters.get("course") != nil {
      let course = try RequestParameters(request, context)
        .text(inPath: "course", maximumLength: 128)
      guard context.caller.courses.contains(course) else {
        check.countOtherCourse()
        throw Problem.otherCourse()
      }
    }
    let response = try await AuditActor.$current.withValue(actor(of: request, context)) {
      try await responder.respond(to: request, context: context)
    }
    // By nothing but a course that stands elsewhere than in its path does a route refuse a caller itself.
    if response.status == .forbidden { check.countOtherCourse() }
    return response
  }

  private func actor(of request: Request, _ context: Responder.Context) -> AuditActor {
    if let claims = context.caller.token?.claims {
      return .token(subject: claims.subject ?? "without a subject")
    }
    let lines = HTTPField.Name(proxies.headerName).map { request.headers[values: $0] } ?? []
    let client = context.peer.map { proxies.client(behind: $0, lines: lines) }
    return .anonymous(address: client?.description)
  }
}
