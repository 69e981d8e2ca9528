// Reads activemq.xml files as the broker does: XBean, Spring, and the schema of ActiveMQ's own jar.
// One path a line on standard input; nothing is started. Of each file it prints what the beans of
// its listeners, bridges and SSL context hold, in hex, and whether the file is taken.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.xbean.spring.context.ResourceXmlApplicationContext;
import org.springframework.beans.*;
import org.springframework.beans.factory.config.*;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.io.FileSystemResource;

public class Brokers {
  static final Set<String> TYPES =
      Set.of("SpringSslContext", "DiscoveryNetworkConnector", "TransportConnector");
  static final String[] KEYS = {"name", "uri", "userName", "password", "duplex", "networkTTL"};

  static class Held extends ResourceXmlApplicationContext {
    Held(String path) {
      super(new FileSystemResource(path));
    }

    @Override
    protected void finishBeanFactoryInitialization(ConfigurableListableBeanFactory factory) {}
  }

  static void inner(Object value, List<BeanDefinition> found) {
    if (value instanceof BeanDefinitionHolder) {
      inner(((BeanDefinitionHolder) value).getBeanDefinition(), found);
    } else if (value instanceof BeanDefinition) {
      BeanDefinition bean = (BeanDefinition) value;
      found.add(bean);
      for (PropertyValue one : bean.getPropertyValues().getPropertyValues()) {
        inner(one.getValue(), found);
      }
      for (ConstructorArgumentValues.ValueHolder one :
          bean.getConstructorArgumentValues().getGenericArgumentValues()) {
        inner(one.getValue(), found);
      }
    } else if (value instanceof Iterable) {
      for (Object one : (Iterable<?>) value) {
        inner(one, found);
      }
    }
  }

  static String hex(Object value) {
    StringBuilder text = new StringBuilder();
    for (byte one : String.valueOf(value).getBytes(StandardCharsets.UTF_8)) {
      text.append(String.format("%02x", one));
    }
    return text.toString();
  }

  static void read(String path) {
    try (Held context = new Held(path)) {
      DefaultListableBeanFactory factory = (DefaultListableBeanFactory) context.getBeanFactory();
      List<BeanDefinition> found = new ArrayList<>();
      for (String name : factory.getBeanDefinitionNames()) {
        inner(factory.getBeanDefinition(name), found);
      }
      for (BeanDefinition one : found) {
        String type = String.valueOf(one.getBeanClassName());
        type = type.substring(type.lastIndexOf('.') + 1);
        if (!TYPES.contains(type)) {
          continue;
        }
        // Made by the factory itself: an SSL context opens its stores with its passwords.
        String name = "read" + System.identityHashCode(one);
        factory.registerBeanDefinition(name, one);
        BeanWrapper bean = new BeanWrapperImpl(factory.getBean(name));
        StringBuilder line = new StringBuilder(type);
        for (String key : KEYS) {
          if (bean.isReadableProperty(key) && bean.getPropertyValue(key) != null) {
            line.append(' ').append(key).append('=').append(hex(bean.getPropertyValue(key)));
          }
        }
        System.out.println(line);
      }
    }
  }

  public static void main(String[] none) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String path; (path = in.readLine()) != null; ) {
      System.out.println("file " + path);
      try {
        read(path);
        System.out.println("taken");
      } catch (Throwable error) {
        while (error.getCause() != null) {
          error = error.getCause();
        }
        System.out.println("refused " + error.toString().replace('\n', ' '));
      }
    }
  }
}
