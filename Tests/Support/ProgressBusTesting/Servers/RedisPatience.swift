public import EventBus
import NIOCore
public import RedisDriver

/// How long a test waits that is not about deadlines: many of them start servers on few cores.
private let patience = TimeAmount.seconds(60)

extension RedisConnectionOptions {
  public static var patient: Self { Self().patient }

  public var patient: Self {
    var options = self
    options.connectTimeout = patience
    options.responseTimeout = patience
    return options
  }
}

extension RedisEventBusConfiguration {
  public var patient: Self {
    var configuration = self
    configuration.connectTimeout = patience
    configuration.responseTimeout = patience
    configuration.confirmationTimeout = patience
    return configuration
  }
}
